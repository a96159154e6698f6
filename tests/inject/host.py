# SPDX-License-Identifier: MIT
"""What host.c does, by Python: getppid() marks where a report may be at work."""

import os
import sys


def read(path):
    os.getppid()
    try:
        open(path, "rb")
    except OSError as error:
        os.getppid()
        return f"{error.filename}: {type(error).__name__}, errno {error.errno}"
    return f"{path}: opened"


def load(paths):
    return [read(path) for path in paths]


outcomes = load(["missing.png", "link/../real/missing.png", "locked.png", "closed/a.png", "missing.png"])
print("\n".join(outcomes))
print("next descriptor", os.dup(0))
sys.stdout.flush()
os.getppid()
sys.exit(3)
