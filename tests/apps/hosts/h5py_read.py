# SPDX-License-Identifier: MIT
import sys
import h5py


def load(path):
    return h5py.File(path, "r")


print(list(load(sys.argv[1])))
