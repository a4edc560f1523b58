"""Naturalness preserved enhancement: illumination mapped to a brighter one, reflectance and order of lightness kept.

Wang, Zheng, Hu, Li, "Naturalness preserved enhancement algorithm for non-uniform illumination images", IEEE Transactions on
Image Processing 22(9), 2013. Of the paper: lightness as the largest channel; the bright-pass filter, a mean of the brighter
neighbours weighted by how often two levels are neighbours in the photo; the bi-log transformation, a histogram specification
with logarithms on both sides; the product of reflectance and mapped illumination. Choices made here: the filter runs on a small
copy (SIDE), whose illumination a guided filter brings to full size; the smoothing of the neighbour counts (SMOOTHING); the
floor of the illumination (DARKEST); no illumination is made darker, where the specification alone would darken bright photos and
turn rare dark levels black.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement.classical.upsampling import shrink, upsample
from deep_photo_enhancer.photo.arrays import Floats
from deep_photo_enhancer.system.progress import track

LEVELS = 256
SMOOTHING = 4
"""Levels to each side over which neighbour counts are averaged: Q to Q' in the paper."""
DARKEST = np.float32(2 / 255)
"""Least illumination that a colour is divided by: reflectance below is noise."""
RADIUS, EPSILON = 4, 1e-4
"""Of the guided filter; a small ridge, so that the illumination keeps the edges of the lightness."""

Codes = NDArray[np.integer[Any]]


def npea(photo: Floats, *, window: int = 15, epsilon: float = 1.0) -> Floats:
    """A photo whose dark areas are brighter.

    photo: (H, W, 3), sRGB-encoded, in [0, 1]; the result too, with each pixel's hue and saturation. window: side of the
    bright-pass filter's square in pixels of the small copy, odd. epsilon: added to levels of 0 to 255 before logarithms; larger
    ones brighten less. ValueError for parameters out of range.
    """
    if not (window >= 1 and window % 2 == 1 and epsilon >= 1):
        raise ValueError(f"window is odd and above 0, epsilon is 1 or more: {window}, {epsilon}")
    lightness = photo.max(2)
    small = shrink(lightness)
    illumination = bright_pass(np.rint(small * (LEVELS - 1)).astype(np.intp), window // 2)
    curve = bi_log(illumination, epsilon)
    full = upsample(illumination, small, lightness, RADIUS, EPSILON)
    np.maximum(full, lightness, out=full)  # reflectance is at most 1
    mapped = np.interp(full, np.linspace(0, 1, LEVELS), curve).astype(np.float32)
    mapped /= np.maximum(full, DARKEST, out=full)
    result: Floats = photo * mapped[..., None]
    return result


def bright_pass(levels: Codes, radius: int) -> Floats:
    """The illumination: for each pixel the weighted mean of its neighbours that are not darker: (h, w) -> (h, w) in [0, 1].

    levels: 0 to 255. Neighbours lie in a square of 2 * radius + 1 pixels, mirrored at the border.
    """
    weights = _neighbour_counts(levels)
    height, width = levels.shape
    padded = np.pad(levels, radius, mode="symmetric")
    rows = levels * LEVELS
    total, weighted = np.zeros((2, height, width))
    for top in track(range(2 * radius + 1)):
        for left in range(2 * radius + 1):
            neighbour = padded[top : top + height, left : left + width]
            weight = weights.take(rows + neighbour)
            total += weight
            weighted += weight * neighbour
    mean = np.where(total > 0, weighted / np.maximum(total, 1e-9), levels)
    return (mean / (LEVELS - 1)).astype(np.float32)


def _neighbour_counts(levels: Codes) -> Floats:
    """Q' U of the paper: how often a pixel of level k (rows) has one of level l >= k above, below, left or right, smoothed."""
    pairs = [(levels[:, :-1], levels[:, 1:]), (levels[:-1], levels[1:])]
    keys = np.concatenate([(a * LEVELS + b).ravel() for a, b in pairs])
    one_way = np.bincount(keys, minlength=LEVELS**2).reshape(LEVELS, LEVELS)
    padded = np.pad(one_way + one_way.T, ((0, 0), (SMOOTHING, SMOOTHING)))
    smooth = sum(padded[:, shift : shift + LEVELS] for shift in range(2 * SMOOTHING + 1)) / (2 * SMOOTHING + 1)
    return np.triu(smooth)


def bi_log(illumination: Floats, epsilon: float = 1.0) -> Floats:
    """The illumination that each level, 0 to 255, becomes: (256,), in [0, 1], increasing and never below the level.

    The histogram, with each level weighted by its logarithm, is specified to one that grows like the logarithm.
    """
    levels = np.arange(LEVELS)
    logarithms = np.log(levels + epsilon)
    histogram = np.bincount(np.rint(illumination * (LEVELS - 1)).astype(np.intp).ravel(), minlength=LEVELS)
    shares = np.cumsum(histogram * logarithms)
    if shares[-1] == 0:  # black
        return levels / (LEVELS - 1)
    specified = np.cumsum(logarithms)
    curve = np.interp(shares / shares[-1], specified / specified[-1], levels)
    brighter: Floats = np.maximum(curve, levels) / (LEVELS - 1)
    return brighter
