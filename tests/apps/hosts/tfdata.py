# SPDX-License-Identifier: MIT
import sys
import tensorflow as tf

data = tf.data.Dataset.from_tensor_slices([sys.argv[1]]).map(tf.io.read_file)
for content in data:
    print(len(content.numpy()))
