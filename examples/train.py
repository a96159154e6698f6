# SPDX-License-Identifier: MIT
"""An ordinary training script: it goes on when an image does not load, and says little about it."""

from PIL import Image

try:
    import cv2
except ImportError:
    cv2 = None


def load_batch(paths):
    batch = []
    for path in paths:
        try:
            with Image.open(path) as image:
                batch.append(image.convert("RGB").resize((32, 32)))
        except OSError:
            continue  # a few bad images do no harm
    return batch


def validate(paths):
    loaded = 0
    for path in paths:
        if cv2 is not None:
            loaded += cv2.imread(path) is not None
        else:
            loaded += len(load_batch([path]))
    return loaded


def main():
    with open("train.txt") as lines:
        train = lines.read().splitlines()
    with open("val.txt") as lines:
        val = lines.readlines()
    loaded = 0
    for start in range(0, len(train), 4):
        loaded += len(load_batch(train[start : start + 4]))
    print(f"training on {loaded} of {len(train)} images")
    print(f"validating on {validate(val)} of {len(val)} images")


if __name__ == "__main__":
    main()
