"""The full-size transform in NumPy: for installations where the compiled one could not be built."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement.kernel.grid import Grid
from deep_photo_enhancer.photo.arrays import Floats

TILE_COLUMNS = 256
"""A tile is small enough that all that is done to it stays in the processor's cache."""


def apply_rows(grid: Grid, pixels: NDArray[Any], result: NDArray[Any], top: int, bottom: int) -> None:
    """Transform rows from `top` to before `bottom` of pixels into result: (H, W, C), uint8 or uint16; they may be the same."""
    first, share = grid.rows[top:bottom], grid.row_share[top:bottom, None, None]
    nodes = grid.nodes[first] * (1 - share) + grid.nodes[first + 1] * share  # (rows, w, C * (C + 1))
    nodes = np.ascontiguousarray(nodes.transpose(2, 0, 1))
    for left in range(0, pixels.shape[1], TILE_COLUMNS):
        place = slice(left, left + TILE_COLUMNS)
        columns, share = grid.columns[place], grid.column_share[place]
        coefficients = nodes[..., columns] * (1 - share) + nodes[..., columns + 1] * share
        result[top:bottom, place] = _transform(coefficients, pixels[top:bottom, place], grid.white)


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
