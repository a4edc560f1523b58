"""A photo before and after."""

from __future__ import annotations

import numpy as np

from deep_photo_enhancer.photo import Photo
from deep_photo_enhancer.photo.vips import vips_image

COMPARE_SIDE = 1600
"""Long side of each half of a comparison, in pixels."""


def side_by_side(before: Photo, after: Photo) -> Photo:
    """Both photos, scaled down if large, next to each other in the photo's colour space, with a white gap."""
    halves = [_scaled(photo) for photo in (before, after)]
    gap = np.full_like(halves[0][:, :8], 255)
    return Photo(np.concatenate([halves[0], gap, halves[1]], 1), profile=before.profile)


def _scaled(photo: Photo) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    image = vips_image(photo.pixels)
    if photo.alpha is not None:
        white = int(np.iinfo(photo.pixels.dtype).max)
        image = image.bandjoin(vips_image(photo.alpha)).flatten(background=white, max_alpha=white)
    image = image.resize(min(1.0, COMPARE_SIDE / max(photo.size)))
    if image.format == "ushort":
        image = (image / 257).cast("uchar")
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = image.numpy().reshape(image.height, image.width, image.bands)
    return pixels
