"""Classical methods on whole photos: any depth, colour space or grey."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deep_photo_enhancer.enhancement.split import ALL, Amounts, blend
from deep_photo_enhancer.photo import Photo
from deep_photo_enhancer.photo.arrays import Floats, Pixels
from deep_photo_enhancer.photo.spaces import Space

ROWS = 512
"""Of the photo that are mixed and brought back to its own space at a time."""


def enhance_classical(method: Callable[[Floats], Floats], photo: Photo, amounts: Amounts = ALL) -> Pixels:
    """Enhance a photo by a function of sRGB colours; the pixels of the result, in the photo's own space.

    method: (H, W, 3) in [0, 1] -> the same. amounts: of the method's change. PhotoError when the photo's profile cannot be
    written to.
    """
    space = Space.of(photo.profile, photo.pixels.shape[2])
    white = np.float32(np.iinfo(photo.pixels.dtype).max)
    x = space.to_srgb(photo.pixels / white)
    y = method(x)
    result = np.empty(photo.pixels.shape, photo.pixels.dtype)
    for top in range(0, len(x), ROWS):
        rows = slice(top, top + ROWS)
        mixed = np.clip(blend(x[rows], y[rows], amounts), 0, 1)
        own = space.changed(photo.pixels[rows] / white, x[rows], mixed)
        result[rows] = np.clip(own * white + np.float32(0.5), 0, white)
    return result
