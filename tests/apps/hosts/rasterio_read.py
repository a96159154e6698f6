# SPDX-License-Identifier: MIT
import sys
import warnings
import rasterio

warnings.simplefilter("ignore")


def load(path):
    return rasterio.open(path)


print(load(sys.argv[1]).shape)
