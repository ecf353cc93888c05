"""Reads images with tesseract, each prepared in four ways, of which any may be right: ocr.py FOLDER [COUNT]"""

import os
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image, ImageFilter

from images import load, report
from prepare import clean, grow, unfold

SYMBOLS = "23456789CFHKMNPRTVX"


def ways(ink):
    def image(ink):
        return Image.fromarray((255 * (1 - ink)).astype(np.uint8)).resize((720, 270), Image.BICUBIC)

    yield image(ink)
    yield image(clean(ink)).filter(ImageFilter.GaussianBlur(2))
    yield image(clean(unfold(ink))).filter(ImageFilter.GaussianBlur(2))
    # Hollow letters filled: lines that lie close grow together.
    yield image(grow(ink, 2) if ink.mean() < 0.2 else unfold(ink)).filter(ImageFilter.GaussianBlur(2))


def read(image):
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        image.save(file.name)
        command = ["tesseract", file.name, "-", "--psm", "7", "-c", f"tessedit_char_whitelist={SYMBOLS}"]
        # It may die of an image (tesseract 5.3 divides by zero): then it has read nothing.
        said = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "OMP_THREAD_LIMIT": "1"})
        return "".join(said.stdout.split())


def main(folder, count):
    ink, answers = load(folder, count)
    guesses = []
    for image, answer in zip(ink, answers):
        said = [read(way) for way in ways(image)]
        guesses.append(answer if answer in said else said[0])
    report("tesseract, any of 4", folder, guesses, answers)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
