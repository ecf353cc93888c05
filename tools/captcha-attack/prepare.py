"""What both attacks without training do to an image first. Ink is an array of 0.0 and 1.0."""

import numpy as np


def around(ink, reach):
    """Mean of the square around every pixel."""
    padded = np.pad(ink, ((reach + 1, reach), (reach + 1, reach)), mode="edge").cumsum(0).cumsum(1)
    side = 2 * reach + 1
    return (padded[side:, side:] - padded[:-side, side:] - padded[side:, :-side] + padded[:-side, :-side]) / side**2


def clean(ink):
    """Without specks: a pixel is what most of its neighbours are."""
    return (around(ink, 1) > 0.45).astype(np.float32)


def unfold(ink):
    """Black on white everywhere: turns over what lies on a mostly black ground."""
    return np.where(around(ink, 12) > 0.5, 1.0 - ink, ink)


def grow(ink, pixels):
    """Thickens black."""
    for _ in range(pixels):
        ink = (around(ink, 1) > 0.01).astype(np.float32)
    return ink
