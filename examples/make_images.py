# SPDX-License-Identifier: MIT
"""make_images.py FILE…: draws a small picture into each, in the format of its suffix."""

import sys

from PIL import Image, ImageDraw

for number, path in enumerate(sys.argv[1:]):
    image = Image.radial_gradient("L").resize((320, 240)).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.ellipse((20 + 9 * number, 40, 140 + 9 * number, 200), fill=(200, 40 + 15 * number, 60))
    draw.text((10, 10), path, fill="white")
    image.save(path)
