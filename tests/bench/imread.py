# SPDX-License-Identifier: MIT
"""imread.py DIRECTORY COUNT: nanoseconds of the first cv2.imread of a .png that is not there, and the
median of COUNT later ones, each of another name."""
import sys
import time

import cv2


def load(path):
    start = time.perf_counter_ns()
    cv2.imread(path)
    return time.perf_counter_ns() - start


directory, count = sys.argv[1], int(sys.argv[2])
load(directory + "/missing.dat")  # what OpenCV does the first time; no image to the library
first = load(directory + "/missing.png")
later = sorted(load("%s/missing-%d.png" % (directory, i)) for i in range(count))
print(first, later[count // 2])
