# SPDX-License-Identifier: MIT
import sys
import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf


def load(path):
    return GdkPixbuf.Pixbuf.new_from_file(path)


print(load(sys.argv[1]).get_width())
