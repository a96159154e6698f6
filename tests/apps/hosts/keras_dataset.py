# SPDX-License-Identifier: MIT
"""image_dataset_from_directory: TensorFlow's own threads read the files."""
import sys
import keras

data = keras.utils.image_dataset_from_directory(sys.argv[1], image_size=(32, 32), verbose=False)
for images, labels in data:
    print(images.shape)
