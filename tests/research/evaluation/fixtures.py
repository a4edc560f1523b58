"""Photos with labels, and systems of known effect."""

from __future__ import annotations

import numpy as np

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.evaluation.pairs import Pair
from tests.synthetic import synthetic_photo

HOSTILE = "<b>\"&'|`*_\n\x1b[31m\u202e</b>"
"""A name that would be markup, commands for a terminal, a second line and text from right to left."""


def unchanged(x: Pixels) -> Pixels:
    return x


def darker(x: Pixels) -> Pixels:
    return x // np.uint8(2)


def pairs() -> list[Pair]:
    """The third one's label is its input."""
    photos = [synthetic_photo(i, 48, 64) for i in range(4)]
    return [Pair(f"p{i}", photo, photo if i == 2 else synthetic_photo(i + 9, 48, 64)) for i, photo in enumerate(photos)]
