"""Gaussian and Laplacian pyramids (Burt, Adelson, "The Laplacian pyramid as a compact image code", 1983) of one channel."""

from __future__ import annotations

import numpy as np

from deep_photo_enhancer.photo.arrays import Floats

COARSEST = 4
"""Long side, in pixels, at which a pyramid ends, at most."""


def gaussian_pyramid(plane: Floats) -> list[Floats]:
    """(H, W) -> the plane, its half, ..., down to COARSEST pixels."""
    planes = [plane]
    while max(planes[-1].shape) > COARSEST:
        planes.append(reduce(planes[-1]))
    return planes


def collapse(laplacians: list[Floats], residual: Floats) -> Floats:
    """The plane whose differences of levels, finest first, and coarsest level these are."""
    for laplacian in reversed(laplacians):
        residual = expand(residual, laplacian.shape)
        residual += laplacian
    return residual


def reduce(plane: Floats) -> Floats:
    """Blurred by 1 4 6 4 1 and every second pixel: (H, W) -> (ceil(H / 2), ceil(W / 2)); mirrored at the border."""
    return _reduce_rows(_reduce_rows(plane).T).T


def expand(plane: Floats, shape: tuple[int, ...]) -> Floats:
    """Twice the size, interpolated with the same weights: to a shape that `reduce` would bring back to this one."""
    return _expand_rows(_expand_rows(plane, shape[0]).T, shape[1]).T


def _reduce_rows(plane: Floats) -> Floats:
    """Along the first axis, as the second one below."""
    padded = np.pad(plane, ((2, 3), (0, 0)), mode="reflect")
    end = 2 * -(-len(plane) // 2)
    total: Floats = padded[2 : 2 + end : 2] * np.float32(6)
    total += (padded[1 : 1 + end : 2] + padded[3 : 3 + end : 2]) * np.float32(4)
    total += padded[0:end:2]
    total += padded[4 : 4 + end : 2]
    total *= np.float32(1 / 16)
    return total


def _expand_rows(plane: Floats, length: int) -> Floats:
    padded = np.pad(plane, ((1, 1), (0, 0)), mode="reflect")
    if length % 2 == 0:  # the last row's mirror lies on a row that was left out
        padded[-1] = plane[-1]
    rows = np.empty((length, plane.shape[1]), plane.dtype)
    rows[::2] = (padded[:-2] + padded[2:]) * np.float32(1 / 8) + plane * np.float32(6 / 8)
    rows[1::2] = ((plane + padded[2:]) * np.float32(1 / 2))[: length // 2]
    return rows
