# SPDX-License-Identifier: MIT
import sys
from torchvision.datasets import ImageFolder

data = ImageFolder(sys.argv[1])
print(len(data), "images in", data.classes)
