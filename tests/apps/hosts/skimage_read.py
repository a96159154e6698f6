# SPDX-License-Identifier: MIT
import sys
import skimage.io


def load(path):
    return skimage.io.imread(path)


print(load(sys.argv[1]).shape)
