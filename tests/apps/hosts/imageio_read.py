# SPDX-License-Identifier: MIT
import sys
import imageio


def load(path):
    return imageio.imread(path)


print(load(sys.argv[1]).shape)
