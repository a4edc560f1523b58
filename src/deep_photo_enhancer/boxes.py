"""Means over square windows, the building block of the guided filter."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


def box_mean(planes: Floats, radius: int) -> Floats:
    """Mean over the (2 * radius + 1)-square around each pixel; at the border, over the part that lies inside.

    planes: (H, W) or (H, W, C). Running sums are kept in float64, so that the cost does not depend on the radius.
    """
    return _mean_along(_mean_along(planes, radius, axis=0), radius, axis=1)


def _mean_along(planes: Floats, radius: int, axis: int) -> Floats:
    length = planes.shape[axis]
    sums = np.cumsum(planes, axis=axis, dtype=np.float64)
    sums = np.concatenate([np.zeros_like(np.take(sums, [0], axis)), sums], axis)
    stop = np.minimum(np.arange(length) + radius + 1, length)
    start = np.maximum(np.arange(length) - radius, 0)
    counts = (stop - start).reshape([-1 if i == axis else 1 for i in range(planes.ndim)])
    means: Floats = ((np.take(sums, stop, axis) - np.take(sums, start, axis)) / counts).astype(np.float32)
    return means
