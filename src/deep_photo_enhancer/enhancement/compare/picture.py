"""The looks as one picture."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from deep_photo_enhancer.enhancement.captions import caption
from deep_photo_enhancer.enhancement.compare.looks import Look
from deep_photo_enhancer.photo import Photo
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.small_copies import fitted, shrink
from deep_photo_enhancer.system.files import atomic_write

CELL = 480
"""Long side of each picture, at most, in pixels."""
GAP = 8
LETTERS = 16
MADE_BY = "dpe compare"
"""In the file's text, by which the next run knows that it may replace it."""


def write_picture(rows: Iterable[list[Look]], output: Path) -> None:
    """A PNG with a row for each model, captions below the pictures. OSError when it cannot be written."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    sheet = np.concatenate([_join(row) for row in rows])
    text = PngInfo()
    text.add_text("Software", MADE_BY)
    with atomic_write(output) as unfinished:
        Image.fromarray(sheet).save(unfinished, "PNG", pnginfo=text)


def _join(row: list[Look]) -> Pixels:
    return np.concatenate([_cell(look) for look in row], 1)


def _cell(look: Look) -> Pixels:
    """With a white gap to its right and below its caption."""
    height, width = look.pixels.shape[:2]
    small = shrink(Photo(look.pixels), *fitted((width, height), CELL))
    cell = np.concatenate([small, caption(look.caption, small.shape[1], LETTERS).repeat(3, 2)])
    return np.pad(cell, ((0, GAP), (0, GAP), (0, 0)), constant_values=255)
