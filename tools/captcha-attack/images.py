"""Loads what `duyetd captcha sample` writes: <n>_<answer>.png."""

from pathlib import Path

import numpy as np
from PIL import Image


def load(folder, limit=None):
    """Ink of every image as 0.0 or 1.0 (n, 90, 240), and the answers."""
    files = sorted(Path(folder).glob("*_*.png"), key=lambda file: int(file.stem.split("_")[0]))[:limit]
    ink = np.stack([1.0 - np.asarray(Image.open(file).convert("L"), dtype=np.float32) / 255.0 for file in files])
    return ink, [file.stem.split("_")[1] for file in files]


def report(attack, folder, guesses, answers):
    """Prints one line: how many whole answers were right, and how many letters stood in their place."""
    whole = sum(guess == answer for guess, answer in zip(guesses, answers))
    letters = sum(a == b for guess, answer in zip(guesses, answers) for a, b in zip(guess, answer))
    total = sum(map(len, answers))
    share, part = 100 * whole / len(answers), 100 * letters / total
    print(f"{attack:<24} {Path(folder).name:<12} {whole}/{len(answers)} = {share:.1f} %, letters {part:.1f} %", flush=True)
