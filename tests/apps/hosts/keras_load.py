# SPDX-License-Identifier: MIT
import sys
from keras.utils import load_img


def load(path):
    return load_img(path, target_size=(32, 32))


print(load(sys.argv[1]).size)
