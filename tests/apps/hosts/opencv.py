# SPDX-License-Identifier: MIT
"""cv2.imread says no word about the reason: it returns None."""
import sys
import cv2


def load(path):
    return cv2.imread(path)


image = load(sys.argv[1])
print("None" if image is None else image.shape)
