"""Carries the network's change from its small copy to the full-size photo: one affine colour transform a pixel.

Fitted in closed form at low resolution between the network's input and output (a guided filter with a colour guide: He, Sun,
Tang, "Guided image filtering", 2010, Section 3.4), interpolated, and applied to the full-size pixels. It keeps all detail
and cannot invent texture.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement.box_filter import box_mean
from deep_photo_enhancer.enhancement.kernel import apply_rows
from deep_photo_enhancer.enhancement.kernel.grid import Grid
from deep_photo_enhancer.photo.arrays import Floats

RADIUS = 3
"""Of the window in which a transform is fitted, in pixels of the small copy."""
EPSILON = 3e-5
"""Ridge: variances of the guide well below it leave the transform at the one that fits the whole photo."""
WHOLE_EPSILON = 1e-6
"""Ridge of the transform that fits the whole photo: only for photos of one colour."""

BAND_ROWS = 64
"""Rows that one thread takes at a time."""

_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
"""Places of a symmetric matrix's six numbers."""


def fit_affine(guide: Floats, target: Floats) -> Floats:
    """Transforms A with target ~ A @ (r, g, b, 1) of the guide, each fitted in its pixel's neighbourhood.

    guide, target: (h, w, 3), about [0, 1]. Returns (h, w, 3, 4), float32. Where the guide is flat, its slope follows the
    transform that fits the whole photo best.
    """
    whole = _fit_whole(guide, target)
    x = np.ascontiguousarray(guide.transpose(2, 0, 1), np.float32)  # (3, h, w)
    rest = np.ascontiguousarray((target - guide @ whole[:, :3].T - whole[:, 3]).transpose(2, 0, 1), np.float32)  # (3, h, w)

    mean_x, mean_rest = box_mean(x, RADIUS), box_mean(rest, RADIUS)
    products = [x[a] * x[b] for a, b in _PAIRS]
    covariance = box_mean(np.stack(products), RADIUS) - np.stack([mean_x[a] * mean_x[b] for a, b in _PAIRS])  # (6, h, w)
    cross = box_mean(rest[:, None] * x, RADIUS) - mean_rest[:, None] * mean_x  # (3 of target, 3 of guide, h, w)
    slope = np.einsum("tahw,abhw->tbhw", cross, _inverse_of_symmetric(covariance))  # (3 of target, 3 of guide, h, w)
    offset = mean_rest - np.einsum("tahw,ahw->thw", slope, mean_x)
    local = np.concatenate([slope, offset[:, None]], 1)  # (3, 4, h, w)
    return box_mean(local, RADIUS).transpose(2, 3, 0, 1) + whole.astype(np.float32)


def _inverse_of_symmetric(covariance: Floats) -> Floats:
    """Inverse of covariance + EPSILON * identity, by cofactors: (6, h, w) in the order of _PAIRS -> (3, 3, h, w), float32."""
    a, b, c, d, e, f = covariance.astype(
        np.float64
    )  # channels of a grey photo are alike: float32 would lose the small difference
    a, d, f = a + EPSILON, d + EPSILON, f + EPSILON
    cofactors = np.stack([d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b])
    cofactors /= a * cofactors[0] + b * cofactors[1] + c * cofactors[2]
    return cofactors[[[0, 1, 2], [1, 3, 4], [2, 4, 5]]].astype(np.float32)


def _fit_whole(guide: Floats, target: Floats) -> Floats:
    """The one transform (3, 4) for the whole photo: ridge regression towards the identity."""
    points = guide.reshape(-1, 3).astype(np.float64)
    change = target.reshape(-1, 3) - points
    mean_points, mean_change = points.mean(0), change.mean(0)
    centred = points - mean_points
    covariance = centred.T @ centred / len(points)
    cross = centred.T @ (change - mean_change) / len(points)
    slope = np.linalg.solve(covariance + WHOLE_EPSILON * np.eye(3), cross).T
    offset = mean_change - slope @ mean_points
    return np.concatenate([slope + np.eye(3), offset[:, None]], 1)


def apply_affine(
    transforms: Floats, pixels: NDArray[Any], strength: float = 1.0, in_place: bool = False, threads: int | None = None
) -> NDArray[Any]:
    """Apply interpolated transforms to full-size pixels.

    transforms: (h, w, C, C + 1) for colours in [0, 1], C 1 or 3; pixels: (H, W, C), uint8 or uint16. strength 0 returns the
    pixels, 1 the full change. Works on all cores or on as many as `threads` says; memory beyond the result does not grow with
    the photo. With `in_place` the result takes the place of the pixels.
    """
    grid = Grid.of(transforms, pixels, strength)
    result = pixels if in_place else np.empty(pixels.shape, pixels.dtype)

    def work(top: int) -> None:
        apply_rows(grid, pixels, result, top, min(top + BAND_ROWS, len(pixels)))

    with ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        list(pool.map(work, range(0, len(pixels), BAND_ROWS)))
    return result
