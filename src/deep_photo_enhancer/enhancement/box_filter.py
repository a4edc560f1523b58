"""Means over square windows, the building block of the guided filter."""

from __future__ import annotations

import numpy as np

from deep_photo_enhancer.photo.arrays import Floats


def box_mean(planes: Floats, radius: int) -> Floats:
    """Mean over the (2 * radius + 1)-square around each pixel; at the border, over the part that lies inside.

    planes: (..., H, W); the result has the same shape and type. The cost grows with the radius, which is small here.
    """
    down = _mean_along_last(planes.swapaxes(-2, -1), radius).swapaxes(-2, -1)
    return _mean_along_last(down, radius)


def _mean_along_last(planes: Floats, radius: int) -> Floats:
    length = planes.shape[-1]
    total = planes.copy("K")
    for shift in range(1, min(radius, length - 1) + 1):
        total[..., : length - shift] += planes[..., shift:]
        total[..., shift:] += planes[..., : length - shift]
    place = np.arange(length)
    total /= (np.minimum(place + radius + 1, length) - np.maximum(place - radius, 0)).astype(planes.dtype)
    return total
