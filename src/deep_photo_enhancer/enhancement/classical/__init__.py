"""The classical enhancers that the paper compares with: functions of a photo, without a network."""

from __future__ import annotations

from collections.abc import Callable

from deep_photo_enhancer.enhancement.classical.clhe import clhe
from deep_photo_enhancer.enhancement.classical.fast_local_laplacian import fast_local_laplacian
from deep_photo_enhancer.enhancement.classical.npea import npea
from deep_photo_enhancer.photo.arrays import Floats

CLASSICAL: dict[str, Callable[[Floats], Floats]] = {"fllf": fast_local_laplacian, "npea": npea, "clhe": clhe}
"""Each takes and gives (H, W, 3), sRGB-encoded, in [0, 1], float32; with its default parameters."""

__all__ = ["CLASSICAL", "clhe", "fast_local_laplacian", "npea"]
