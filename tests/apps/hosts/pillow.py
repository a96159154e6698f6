# SPDX-License-Identifier: MIT
"""Opens an image with Pillow, and handles the error as the manuals show it."""
import sys
from PIL import Image


def load(path):
    try:
        return Image.open(path)
    except IOError as error:
        print("Unable to open image file:", error, file=sys.stderr)
        sys.exit(3)


print(load(sys.argv[1]).size)
