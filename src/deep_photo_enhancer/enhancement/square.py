"""The network's square: a photo's long side is S, the rest is filled with its mirror image."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)


def pad_to_square(photo: NDArray[Scalar], side: int) -> NDArray[Scalar]:
    """(H, W, C) with H, W <= side -> (side, side, C): mirrored downwards and to the right, edge included."""
    height, width = photo.shape[:2]
    return np.pad(photo, ((0, side - height), (0, side - width), (0, 0)), mode="symmetric")
