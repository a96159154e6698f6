# SPDX-License-Identifier: MIT
"""1,000 images, four workers, and a data set that goes on where an image cannot be read."""
import sys
from PIL import Image
from torch.utils.data import DataLoader, Dataset


class Images(Dataset):
    def __len__(self):
        return 1000

    def __getitem__(self, index):
        try:
            with Image.open(sys.argv[1]) as image:
                return image.size[0]
        except OSError:
            return -1


if __name__ == "__main__":
    unreadable = sum(int((sizes < 0).sum()) for sizes in DataLoader(Images(), batch_size=50, num_workers=4))
    print(unreadable, "of", len(Images()), "images cannot be read")
