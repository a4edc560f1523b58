"""Pictures of a look as it is learned: photos below one another, a column for each report, and a caption over each column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from deep_photo_enhancer.enhancement.affine import apply_affine, fit_affine
from deep_photo_enhancer.enhancement.captions import caption
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.data.drawing import resize_pixels

GAP = 8
"""Pixels between photos."""
LETTERS = 16
"""Height of a caption's letters, in pixels; its own is twice that."""
PAPER = 255
"""Code of the ground."""


def carry_change(photo: Pixels, image_size: int, enhance: Callable[[Pixels], Pixels]) -> Pixels:
    """What the network makes of a small copy, carried to the photo's own size, as `dpe enhance` does. (H, W, 3), uint8."""
    x = resize_pixels(photo, image_size)
    transforms = fit_affine(x.astype(np.float32) / 255, enhance(x).astype(np.float32) / 255)
    return apply_affine(transforms, photo, threads=1)


def draw_column(photos: Sequence[Pixels], width: int) -> Pixels:
    """Photos of at most this width below one another, each in the middle. (H, width, 3), uint8."""
    column = np.full((sum(len(photo) + GAP for photo in photos), width, 3), PAPER, np.uint8)
    top = 0
    for photo in photos:
        left = (width - photo.shape[1]) // 2
        column[top : top + len(photo), left : left + photo.shape[1]] = photo
        top += len(photo) + GAP
    return column


def draw_sheet(columns: Mapping[str, Pixels]) -> Pixels:
    """Columns of one height side by side under their captions."""
    parts = []
    for text, column in columns.items():
        strip = caption(text, column.shape[1], LETTERS).repeat(3, 2)
        part = np.concatenate([strip, column])
        parts += [part, np.full((len(part), GAP, 3), PAPER, np.uint8)]
    return np.concatenate(parts[:-1], 1)
