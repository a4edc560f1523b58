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

from deep_photo_enhancer.boxes import Floats, box_mean

RADIUS = 2
"""Of the window in which a transform is fitted, in pixels of the small copy."""
EPSILON = 1e-4
"""Ridge: variances of the guide well below it leave the transform at the one that fits the whole photo."""
WHOLE_EPSILON = 1e-6
"""Ridge of the transform that fits the whole photo: only for photos of one colour."""

TILE_ROWS = 32
TILE_COLUMNS = 256
"""Tiles small enough that all that is done to one stays in the processor's cache."""


def fit_affine(guide: Floats, target: Floats) -> Floats:
    """Transforms A with target ~ A @ (r, g, b, 1) of the guide, each fitted in its pixel's neighbourhood.

    guide, target: (h, w, 3), about [0, 1]. Returns (h, w, 3, 4), float32. Where the guide is flat, its slope follows the
    transform that fits the whole photo best.
    """
    whole = _fit_whole(guide, target)
    rest = target - guide @ whole[:, :3].T - whole[:, 3]

    mean_guide = box_mean(guide, RADIUS)  # (h, w, 3)
    mean_rest = box_mean(rest, RADIUS)  # (h, w, 3)
    covariance = _covariance(guide, guide, mean_guide, mean_guide)  # (h, w, 3, 3)
    cross = _covariance(guide, rest, mean_guide, mean_rest)  # (h, w, 3 of guide, 3 of target)
    slope = np.linalg.solve(covariance + EPSILON * np.eye(3), cross).swapaxes(2, 3)  # (h, w, 3 of target, 3 of guide)
    offset = mean_rest - (slope @ mean_guide[..., None])[..., 0]
    local = np.concatenate([slope, offset[..., None]], 3)  # (h, w, 3, 4)
    height, width = guide.shape[:2]
    smooth = box_mean(local.reshape(height, width, 12), RADIUS).reshape(height, width, 3, 4)
    return (smooth + whole).astype(np.float32)


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


def _covariance(a: Floats, b: Floats, mean_a: Floats, mean_b: Floats) -> Floats:
    """Windowed covariance of every channel of a with every one of b: (h, w, 3, 3)."""
    height, width = a.shape[:2]
    products = a[..., :, None] * b[..., None, :]
    means = box_mean(products.reshape(height, width, 9), RADIUS).reshape(height, width, 3, 3)
    return means - mean_a[..., :, None] * mean_b[..., None, :]


def apply_affine(transforms: Floats, pixels: NDArray[Any], strength: float = 1.0, in_place: bool = False) -> NDArray[Any]:
    """Apply interpolated transforms to full-size pixels.

    transforms: (h, w, C, C + 1) for colours in [0, 1]; pixels: (H, W, C), uint8 or uint16. strength 0 returns the pixels, 1 the
    full change. Works in tiles on all cores; memory beyond the result does not grow with the photo. With `in_place` the result
    takes the place of the pixels.
    """
    height, width, channels = pixels.shape
    white = float(np.iinfo(pixels.dtype).max)
    identity = np.eye(channels, channels + 1, dtype=np.float32)
    blended = identity + np.float32(strength) * (transforms - identity)
    blended[..., channels] *= white
    planes = np.ascontiguousarray(blended.reshape(*blended.shape[:2], -1).transpose(2, 0, 1), np.float32)  # (C * (C + 1), h, w)
    row_start, row_share = _interpolation(height, planes.shape[1])
    columns = _column_tiles(width, planes.shape[2])
    result = pixels if in_place else np.empty_like(pixels)

    def work(top: int) -> None:
        rows = slice(top, min(top + TILE_ROWS, height))
        first, share = row_start[rows], row_share[rows, None]
        second = np.minimum(first + 1, planes.shape[1] - 1)
        by_row = planes[:, first] * (1 - share) + planes[:, second] * share  # (C * (C + 1), rows, w)
        for place, source, weights in columns:
            result[rows, place] = _transform(by_row[:, :, source] @ weights, pixels[rows, place], white)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(work, range(0, height, TILE_ROWS)))
    return result


def _transform(coefficients: Floats, tile: NDArray[Any], white: float) -> NDArray[Any]:
    """coefficients: (C * (C + 1), rows, columns); tile and result: (rows, columns, C)."""
    colours = tile.transpose(2, 0, 1).astype(np.float32)  # (C, rows, columns)
    channels = len(colours)
    coefficients = coefficients.reshape(channels, channels + 1, *colours.shape[1:])
    coefficients[:, :channels] *= colours
    mapped = coefficients.sum(1)  # (C, rows, columns)
    mapped += 0.5
    result: NDArray[Any] = np.clip(mapped, 0, white, out=mapped).astype(tile.dtype)
    return result.transpose(1, 2, 0)


def _interpolation(fine: int, coarse: int) -> tuple[NDArray[np.intp], Floats]:
    """Linear interpolation of `coarse` samples at `fine` places over the same extent: first of two, share of the second."""
    place = np.clip((np.arange(fine) + 0.5) * coarse / fine - 0.5, 0, coarse - 1)
    first = np.minimum(place.astype(np.intp), max(coarse - 2, 0))
    return first, (place - first).astype(np.float32)


def _column_tiles(fine: int, coarse: int) -> list[tuple[slice, slice, Floats]]:
    """For each tile of columns: its place, the coarse columns that it needs, and the weights (coarse, fine) between them."""
    first, share = _interpolation(fine, coarse)
    tiles = []
    for left in range(0, fine, TILE_COLUMNS):
        place = slice(left, min(left + TILE_COLUMNS, fine))
        source = slice(int(first[place][0]), min(int(first[place][-1]) + 2, coarse))
        weights = np.zeros((source.stop - source.start, place.stop - place.start), np.float32)
        column = np.arange(weights.shape[1])
        near = first[place] - source.start
        np.add.at(weights, (near, column), 1 - share[place])
        np.add.at(weights, (np.minimum(near + 1, weights.shape[0] - 1), column), share[place])
        tiles.append((place, source, weights))
    return tiles
