# SPDX-License-Identifier: MIT
import sys
import pydicom


def load(path):
    return pydicom.dcmread(path, force=True)


print(len(load(sys.argv[1])))
