# SPDX-License-Identifier: MIT
"""flow_from_directory lists in threads of its own and says "Found 0 images" of what it may not list."""
import sys
from tensorflow.keras.preprocessing.image import ImageDataGenerator


def batches(directory):
    return ImageDataGenerator().flow_from_directory(directory, target_size=(32, 32))


images = batches(sys.argv[1])
if images.samples:
    print(next(images)[0].shape)
