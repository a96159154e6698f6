# SPDX-License-Identifier: MIT
import sys
import matplotlib.image


def load(path):
    return matplotlib.image.imread(path)


print(load(sys.argv[1]).shape)
