# SPDX-License-Identifier: MIT
"""QImage says no word: it is null."""
import sys
from PyQt5.QtGui import QImage


def load(path):
    return QImage(path)


image = load(sys.argv[1])
print("null" if image.isNull() else image.width())
