"""Contrast-limited histogram equalisation, with a saturation that follows the local contrast.

Wang, Cho, Jang, Abidi, Paik, "Contrast-dependent saturation adjustment for outdoor image enhancement", Journal of the Optical
Society of America A 34(1), 2017. Of the paper: a content-adaptive, contrast-limited equalisation of the intensity; saturation
scaled by the ratio of the local contrasts (max - min) / max after and before, in squares of 5 pixels, with the contrast limit
0.2 in place of smaller contrasts before, the ratio smoothed along edges; hue kept. Choices made here: the intensity is luma, and
colours keep their hue by scaling their difference from grey; one tone curve for the whole photo, the histogram's pixels weighted
by their local contrast; what exceeds the slope's limit goes evenly to all tones; the ratio is
found on a small copy and brought to full size by a guided filter.
"""

from __future__ import annotations

import numpy as np

from deep_photo_enhancer.enhancement.classical.luma import BLACK, draw_inside, luma
from deep_photo_enhancer.enhancement.classical.upsampling import shrink, upsample
from deep_photo_enhancer.photo.arrays import Floats

BINS = 256
WINDOW = 5
"""Side of the square in which local contrast is measured, in pixels of the small copy."""
FLAT = np.float32(0.1)
"""What pixels of less contrast count as in the histogram, so that skies and walls keep some of the tones."""
RADIUS, EPSILON = 15, 1e-3
"""Of the guided filter for the ratio of contrasts: the paper smooths over 30 pixels."""


def clhe(photo: Floats, *, clip_limit: float = 1.5, contrast_limit: float = 0.2) -> Floats:
    """A photo with more contrast where it had little, and with the saturation that goes with it.

    photo: (H, W, 3), sRGB-encoded, in [0, 1]; the result too, with each pixel's hue. clip_limit: slope of the tone curve, at
    most; 1 leaves the photo. contrast_limit: local contrasts below it count as it when saturation is scaled. ValueError for
    parameters out of range.
    """
    if not (clip_limit >= 1 and 0 < contrast_limit <= 1):
        raise ValueError(f"clip_limit is 1 or more, contrast_limit between 0 and 1: {clip_limit}, {contrast_limit}")
    old = luma(photo)
    small = np.clip(shrink(old), 0, 1)
    low, high = local_range(small)
    curve = tone_curve(small, np.maximum(contrast(low, high), FLAT), clip_limit)
    before, after = contrast(low, high), contrast(apply_curve(low, curve), apply_curve(high, curve))
    ratio = upsample(saturation_ratio(before, after, contrast_limit), small, old, RADIUS, EPSILON)
    return _recolour(photo, old, apply_curve(old, curve), ratio)


def tone_curve(tones: Floats, weights: Floats, clip_limit: float) -> Floats:
    """The equalising curve at the edges of BINS bins: (BINS + 1,), from 0 to 1, increasing, no steeper than the limit.

    tones: in [0, 1]; weights: how much each of them counts, of the same shape.
    """
    histogram, _ = np.histogram(tones, BINS, (0, 1), weights=weights.astype(np.float64))
    slopes = _clip_slopes(histogram / histogram.mean(), clip_limit)
    return np.concatenate([[0], np.cumsum(slopes) / slopes.sum()])


def _clip_slopes(slopes: Floats, limit: float) -> Floats:
    """Slopes of mean 1 as min(slope + c, limit), with the c that keeps the mean; found by halving."""
    low, high = 0.0, limit
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if np.minimum(slopes + middle, limit).mean() < 1 else (low, middle)
    clipped: Floats = np.minimum(slopes + high, limit)
    return clipped


def apply_curve(tones: Floats, curve: Floats) -> Floats:
    """What a tone curve makes of tones in [0, 1], float32."""
    return np.interp(tones, np.linspace(0, 1, len(curve)), curve).astype(np.float32)


def contrast(low: Floats, high: Floats) -> Floats:
    """(max - min) / max, in [0, 1]; that of black is 0."""
    share: Floats = (high - low) / np.maximum(high, BLACK)
    return share


def saturation_ratio(before: Floats, after: Floats, contrast_limit: float) -> Floats:
    """What saturation is scaled by when the local contrast changes from `before` to `after`."""
    floor = np.maximum(before, np.float32(contrast_limit))
    ratio: Floats = (after + floor - before) / floor
    return ratio


def local_range(plane: Floats) -> tuple[Floats, Floats]:
    """Least and largest value in the square of WINDOW pixels around each pixel."""
    low = high = np.pad(plane, WINDOW // 2, mode="edge")
    for _ in range(2):  # along columns, then along rows
        low = np.lib.stride_tricks.sliding_window_view(low, WINDOW, 0).min(-1).T
        high = np.lib.stride_tricks.sliding_window_view(high, WINDOW, 0).max(-1).T
    return low, high


def _recolour(photo: Floats, old: Floats, new: Floats, ratio: Floats) -> Floats:
    """The photo with another luma, and its saturation scaled: no channel below 0, those above 1 drawn to grey."""
    room = old - photo.min(2)
    scale = ratio * (new + BLACK) / (old + BLACK)
    np.minimum(scale, new / np.maximum(room, 1e-6), out=scale)
    colours = photo - old[..., None]
    colours *= scale[..., None]
    colours += new[..., None]
    return draw_inside(np.maximum(colours, 0, out=colours))
