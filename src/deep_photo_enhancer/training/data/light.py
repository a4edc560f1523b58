"""What light, lens and camera do to a photo, each as one function; flattening and faults are made of them.

Photos x are (H, W, 3), float32, RGB in [0, 1], sRGB-encoded. What happens to light is computed in linear light, and what rises
above white there is lost, as in the camera.
"""

from __future__ import annotations

import numpy as np

from deep_photo_enhancer.enhancement.box_filter import box_mean
from deep_photo_enhancer.photo.arrays import Floats

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Rec. 601 luma weights, for sRGB-encoded pixels."""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Rec. 709 luminance weights, for linear pixels."""
VEIL_COLOUR = np.array([0.97, 1.0, 1.06], np.float32)
"""Of haze, in linear light: a little blue."""


def srgb_encode(linear: Floats) -> Floats:
    """Linear light in [0, 1] to sRGB in [0, 1] (IEC 61966-2-1)."""
    linear = np.maximum(linear, 0)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** np.float32(1 / 2.4) - 0.055)


def srgb_decode(encoded: Floats) -> Floats:
    """sRGB in [0, 1] to linear light in [0, 1] (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((np.maximum(encoded, 0) + 0.055) / 1.055) ** np.float32(2.4))


def expose(x: Floats, stops: float) -> Floats:
    """2^stops times the light."""
    return _encode_clipped(srgb_decode(x) * np.float32(2.0**stops))


def cast(x: Floats, warmth: float, tint: float) -> Floats:
    """Another colour of the light: gains of exp(warmth), exp(tint), exp(-warmth) on red, green, blue; grey keeps its luminance.

    A diagonal (von Kries) change. warmth above 0 is tungsten, below 0 shade; tint above 0 is green, below 0 magenta.
    """
    gains = np.exp(np.array([warmth, tint, -warmth], np.float32))
    return _encode_clipped(srgb_decode(x) * (gains / (gains @ LUMINANCE)))


def veil(x: Floats, share: float, luminance: float) -> Floats:
    """Haze: this share of the light comes from a veil of this linear luminance."""
    return _encode_clipped(srgb_decode(x) * np.float32(1 - share) + np.float32(share * luminance) * VEIL_COLOUR)


def deepen_shadows(x: Floats, exponent: float) -> Floats:
    """A backlit scene: regions darker than the photo's average are darkened by this exponent; texture keeps its contrast."""
    linear = srgb_decode(x)
    log_luminance = np.log2(linear @ LUMINANCE + 1e-3)
    base = _edge_preserving_base(log_luminance, radius=max(log_luminance.shape) // 12)
    darker = np.minimum(base - base.mean(), 0)
    return _encode_clipped(linear * np.exp2(np.float32(exponent) * darker)[..., None])


def roll_off(linear: Floats, knee: float = 0.8) -> Floats:
    """Linear light of any brightness to [0, 1]: highlights above the knee approach 1 instead of being clipped."""
    over = np.maximum(linear - np.float32(knee), 0)
    room = np.float32(1 - knee)
    rolled: Floats = np.minimum(linear, np.float32(knee)) + room * (1 - np.exp(-over / room))
    return rolled


def lift_blacks(x: Floats, black: float) -> Floats:
    """Black becomes a grey of this level, white stays."""
    return np.float32(black) + x * np.float32(1 - black)


def desaturate(x: Floats, saturation: float) -> Floats:
    """The distance of each pixel to its luma, times saturation."""
    luma = (x @ LUMA)[..., None]
    desaturated: Floats = luma + (x - luma) * np.float32(saturation)
    return desaturated


def compress_about_mean(x: Floats, contrast: float) -> Floats:
    """The distance to the photo's mean luma, times contrast."""
    mean = np.float32((x @ LUMA).mean())
    return mean + (x - mean) * np.float32(contrast)


def compress_between_ends(x: Floats, contrast: float) -> Floats:
    """Contrast in the middle by a cubic curve that keeps black and white where they are."""
    centred = 2 * x - 1
    return (1 + np.float32(contrast) * centred + np.float32(1 - contrast) * centred**3) / 2


def _encode_clipped(linear: Floats) -> Floats:
    return srgb_encode(np.clip(linear, 0, 1))


def _edge_preserving_base(plane: Floats, radius: int, epsilon: float = 0.25) -> Floats:
    """The guided filter with the plane as its own guide (He, Sun, Tang 2010), units of the plane squared for epsilon."""
    mean = box_mean(plane, radius)
    variance = box_mean(plane * plane, radius) - mean * mean
    slope = np.maximum(variance, 0) / (np.maximum(variance, 0) + np.float32(epsilon))
    base: Floats = box_mean(slope, radius) * plane + box_mean((1 - slope) * mean, radius)
    return base
