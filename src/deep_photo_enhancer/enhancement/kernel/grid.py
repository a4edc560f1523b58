"""Transforms at low resolution, made ready to be interpolated at each pixel of a full-size photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.photo.arrays import Floats


@dataclass(frozen=True)
class Grid:
    """Nodes, and for each row and column of the photo the nodes that it lies between."""

    nodes: Floats
    """(h, w, C * (C + 1)), float32, h and w at least 2, for codes of the photo's type: offsets are scaled by white."""
    rows: NDArray[np.int32]
    """(H,): the first of the two rows of nodes that a row of pixels lies between."""
    row_share: Floats
    """(H,): share of the second of them."""
    columns: NDArray[np.int32]
    """(W,): as rows."""
    column_share: Floats
    """(W,): as row_share."""
    white: float
    """The largest code."""

    @staticmethod
    def of(transforms: Floats, pixels: NDArray[Any], strength: float) -> Grid:
        """transforms: (h, w, C, C + 1) for colours in [0, 1]; strength blends them with the identity."""
        channels = pixels.shape[2]
        white = float(np.iinfo(pixels.dtype).max)
        identity = np.eye(channels, channels + 1, dtype=np.float32)
        nodes = identity + np.float32(strength) * (transforms - identity)
        nodes[..., channels] *= white
        nodes = nodes.reshape(*nodes.shape[:2], -1)
        nodes = np.pad(nodes, [(0, size == 1) for size in nodes.shape[:2]] + [(0, 0)], mode="edge")
        rows, row_share = _interpolate(pixels.shape[0], transforms.shape[0])
        columns, column_share = _interpolate(pixels.shape[1], transforms.shape[1])
        return Grid(np.ascontiguousarray(nodes, np.float32), rows, row_share, columns, column_share, white)


def _interpolate(fine: int, coarse: int) -> tuple[NDArray[np.int32], Floats]:
    """Linear interpolation of `coarse` samples at `fine` places over the same extent: first of two, share of the second."""
    place = np.clip((np.arange(fine) + 0.5) * coarse / fine - 0.5, 0, coarse - 1)
    first = np.minimum(place.astype(np.int32), max(coarse - 2, 0))
    return first, (place - first).astype(np.float32)
