"""What is computed on a small copy, brought to full size along the photo's own edges.

He, Sun, "Fast guided filter", 2015: a line through guide and target in each window of the small copy; the lines' slopes and
offsets are interpolated and meet the full-size guide.
"""

from __future__ import annotations

import numpy as np
import pyvips

from deep_photo_enhancer.enhancement.box_filter import box_mean
from deep_photo_enhancer.photo.arrays import Floats

SIDE = 768
"""Long side, in pixels, of the small copy: about that of the photos in the papers, for which their windows are meant."""


def shrink(plane: Floats, side: int = SIDE) -> Floats:
    """Area-averaged to a long side of `side` pixels, float32; a plane that is no larger stays: (H, W) -> (h, w)."""
    scale = side / max(plane.shape)
    if scale >= 1:
        return plane.astype(np.float32)
    height, width = (max(1, round(length * scale)) for length in plane.shape)
    return _resize(plane, height, width)


def upsample(target: Floats, small: Floats, guide: Floats, radius: int, epsilon: float) -> Floats:
    """A target for the small copy at full size: (h, w) with `small` as guide, (h, w), -> (H, W) with `guide`, (H, W); float32.

    epsilon: variances of the guide well below it count as flat. The result stays within the target's range.
    """
    mean_guide, mean_target, mean_square, mean_product = box_mean(
        np.stack([small, target, small * small, small * target]).astype(np.float64), radius
    )
    slope = (mean_product - mean_guide * mean_target) / (mean_square - mean_guide**2 + epsilon)
    lines = box_mean(np.stack([slope, mean_target - slope * mean_guide]), radius).astype(np.float32)
    result = _resize(lines[0], *guide.shape)
    result *= guide
    result += _resize(lines[1], *guide.shape)
    return np.clip(result, target.min(), target.max(), out=result)


def _resize(plane: Floats, height: int, width: int) -> Floats:
    if plane.shape == (height, width):
        return plane.copy()
    image = pyvips.Image.new_from_array(np.ascontiguousarray(plane, np.float32))
    resized: Floats = image.resize(width / plane.shape[1], vscale=height / plane.shape[0], kernel="linear").numpy()
    return resized.reshape(height, width)
