"""Reads images without training, by the shapes of the captcha crate's font: template.py FONT_JSON FOLDER [COUNT]

FONT_JSON is src/fonts/font_default.json of the captcha crate. Leans and stretches each shape a few ways, correlates it with the image and
takes the best row of shapes. Tries the image as it is, cleaned and turned to black on white, and shapes that are black, thick and hollow.
"""

import base64
import io
import json
import sys

import numpy as np
from PIL import Image

from images import load, report
from prepare import clean, grow, unfold

SHAPE = (90, 240)
STEP = 20  # Least distance of two letters' middles in pixels.


def shapes(font, symbols):
    """(symbol, shape) of every way in which a symbol may stand."""
    with open(font, encoding="utf-8") as file:
        font = json.load(file)
    for symbol in symbols:
        letter = 255 - np.asarray(Image.open(io.BytesIO(base64.b64decode(font[symbol]))).convert("L"))
        rows, columns = np.where(letter.any(1))[0], np.where(letter.any(0))[0]
        letter = np.pad(letter[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 8)
        for turn in (-9, 0, 9):
            for wide, high in ((1.0, 1.1), (1.15, 1.25)):
                image = Image.fromarray(letter).resize((int(letter.shape[1] * wide), int(letter.shape[0] * high)), Image.BILINEAR)
                yield symbol, (np.asarray(image.rotate(turn, Image.BILINEAR)) > 127).astype(np.float32)


def spectra(templates):
    """Each shape, zero in the mean and one in length, for correlating by FFT."""
    kept = []
    for shape in templates:
        shape = shape - shape.mean()
        sheet = np.zeros(SHAPE, dtype=np.float32)
        sheet[: shape.shape[0], : shape.shape[1]] = shape / np.linalg.norm(shape)
        # The middle of the shape to the corner, so that a hit names the middle of a letter.
        kept.append(np.conj(np.fft.rfft2(np.roll(sheet, (-(shape.shape[0] // 2), -(shape.shape[1] // 2)), (0, 1)))))
    return np.stack(kept)


def best_row(scores, length):
    """The best sum of `length` symbols from left to right, at least STEP apart. scores is (symbols, columns)."""
    column_best, column_symbol = scores.max(0), scores.argmax(0)
    width = len(column_best)
    sums, came = [column_best], []
    for _ in range(length - 1):
        before = np.maximum.accumulate(sums[-1])
        where = np.zeros(width, dtype=int)
        for x in range(1, width):
            where[x] = x if sums[-1][x] >= before[x] and sums[-1][x] > before[x - 1] else where[x - 1]
        total = np.full(width, -1e9)
        total[STEP:] = before[:-STEP] + column_best[STEP:]
        came.append(np.concatenate([np.zeros(STEP, dtype=int), where[:-STEP]]))
        sums.append(total)
    x = int(sums[-1].argmax())
    total, places = sums[-1][x], [x]
    for back in reversed(came):
        x = int(back[x])
        places.append(x)
    return total, [column_symbol[x] for x in reversed(places)]


def main(font, folder, count):
    ink, answers = load(folder, count)
    symbols = sorted(set("".join(answers)))
    templates = list(shapes(font, symbols))
    names = np.array([symbols.index(symbol) for symbol, _ in templates])
    styles = {
        "black": spectra([shape for _, shape in templates]),
        "thick": spectra([grow(shape, 1) for _, shape in templates]),
        "hollow": spectra([grow(shape, 1) - shape for _, shape in templates]),
    }
    guesses = []
    for image in ink:
        found = []
        for style, spectrum in styles.items():
            ways = [image] if style == "hollow" else [image, clean(image), clean(unfold(image))]
            for way in ways:
                hits = np.fft.irfft2(np.fft.rfft2(way) * spectrum, s=SHAPE)[:, 20:70].max(1) / np.linalg.norm(way)
                scores = np.stack([hits[names == n].max(0) for n in range(len(symbols))])
                found.append(best_row(scores, len(answers[0])))
        guesses.append("".join(symbols[n] for n in max(found, key=lambda one: one[0])[1]))
    report("template", folder, guesses, answers)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else None)
