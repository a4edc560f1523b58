"""Makes an ordinary photo x out of a good one y: the random inverse of what a retoucher does.

A camera's own flat rendering is darker, flatter and paler than the finished picture, its white balance is a little off and
its shadows are sometimes deep. Each photo draws its own faults, in the order in which a camera commits them:

in linear light: colour cast, deep shadows (a backlit scene), exposure, soft highlight shoulder, dark midtones;
in sRGB: contrast about the mean, saturation, lifted blacks, noise, 8 bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement.box_filter import box_mean
from deep_photo_enhancer.photo.arrays import Floats

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Rec. 601 luma weights, for sRGB-encoded pixels."""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Rec. 709 luminance weights, for linear pixels."""

Range = tuple[float, float]


@dataclass(frozen=True)
class FlatteningConfig:
    """How strong the faults are; each photo draws its own values. All ranges are uniform."""

    unchanged: float = 0.12
    """Share of photos left as they are, so that a good photo stays what it is."""
    exposure_mean: float = -0.65
    """EV, normally distributed."""
    exposure_std: float = 0.6
    """EV."""
    midtones: Range = (1.0, 1.3)
    """Exponent on linear light: darkens the middle and keeps white, as a rendering without the camera's tone curve does."""
    contrast: Range = (0.65, 1.05)
    """Factor on the distance to the photo's mean, in sRGB."""
    saturation: Range = (0.75, 1.05)
    """Factor on the distance to the pixel's luma, in sRGB."""
    cast: float = 0.06
    """Standard deviation of the warm-cold cast of any photo: natural logarithm of the gain on red, its inverse on blue."""
    strong_cast: float = 0.25
    """The same for photos under a light that the camera missed (tungsten, shade)."""
    strong_cast_share: float = 0.15
    """Share of photos under such a light; three in four of them are too warm."""
    tint: float = 0.025
    """Standard deviation of the green-magenta cast: natural logarithm of the gain on green."""
    shadows: Range = (0.0, 0.6)
    """Exponent by which the large dark parts of a backlit photo are darkened further."""
    shadows_share: float = 0.25
    """Share of photos whose shadows are darkened."""
    black_lift: Range = (0.0, 0.03)
    """Offset of black, in sRGB."""
    noise: Range = (0.0, 0.012)
    """Standard deviation of normal noise, in sRGB."""

    def __post_init__(self) -> None:
        for name in ("unchanged", "strong_cast_share", "shadows_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share: from 0 to 1, not {getattr(self, name)}")
        for name in ("exposure_std", "cast", "strong_cast", "tint"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is a standard deviation: at least 0, not {getattr(self, name)}")
        for name in ("midtones", "contrast", "saturation", "shadows", "black_lift", "noise"):
            low, high = getattr(self, name)
            if not 0 <= low <= high:
                raise ValueError(f"{name} is a range from low to high, both at least 0, not {low} to {high}")


def flatten(y: NDArray[np.uint8], config: FlatteningConfig, rng: np.random.Generator) -> NDArray[np.uint8]:
    """An ordinary photo x whose finished version is y. Both (H, W, 3), uint8, sRGB. The same rng state gives the same x."""
    if rng.random() < config.unchanged:
        return y
    linear = _LINEAR_OF_CODE[y]
    linear = _cast(linear, config, rng)
    if rng.random() < config.shadows_share:
        linear = _deepen_shadows(linear, rng.uniform(*config.shadows))
    linear = linear * np.float32(2.0 ** rng.normal(config.exposure_mean, config.exposure_std))
    x = srgb_encode(_shoulder(linear) ** np.float32(rng.uniform(*config.midtones)))

    mean = np.float32((x @ LUMA).mean())
    x = mean + (x - mean) * np.float32(rng.uniform(*config.contrast))
    luma = (x @ LUMA)[..., None]
    x = luma + (x - luma) * np.float32(rng.uniform(*config.saturation))
    lift = np.float32(rng.uniform(*config.black_lift))
    x = lift + x * (1 - lift)
    x = x + np.float32(rng.uniform(*config.noise)) * rng.standard_normal(x.shape, np.float32)
    return (np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8)


def srgb_encode(linear: Floats) -> Floats:
    """Linear light in [0, 1] to sRGB in [0, 1] (IEC 61966-2-1)."""
    linear = np.maximum(linear, 0)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** np.float32(1 / 2.4) - 0.055)


def srgb_decode(encoded: Floats) -> Floats:
    """sRGB in [0, 1] to linear light in [0, 1] (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((np.maximum(encoded, 0) + 0.055) / 1.055) ** np.float32(2.4))


_LINEAR_OF_CODE = srgb_decode(np.arange(256, dtype=np.float32) / 255).astype(np.float32)


def _cast(linear: Floats, config: FlatteningConfig, rng: np.random.Generator) -> Floats:
    """A diagonal (von Kries) change of the light's colour that keeps a grey pixel's luminance."""
    warmth = rng.normal(0, config.cast)
    if rng.random() < config.strong_cast_share:
        warmth += abs(rng.normal(0, config.strong_cast)) * (1 if rng.random() < 0.75 else -1)
    gains = np.exp(np.array([warmth, rng.normal(0, config.tint), -warmth], np.float32))
    cast: Floats = linear * (gains / (gains @ LUMINANCE))
    return cast


def _deepen_shadows(linear: Floats, exponent: float) -> Floats:
    """Darken what is darker than the photo's average, region by region: edges stay sharp, texture keeps its contrast."""
    log_luminance = np.log2(linear @ LUMINANCE + 1e-3)
    base = _edge_preserving_base(log_luminance, radius=max(log_luminance.shape) // 12)
    darker = np.minimum(base - base.mean(), 0)
    darkened: Floats = linear * np.exp2(np.float32(exponent) * darker)[..., None]
    return darkened


def _edge_preserving_base(plane: Floats, radius: int, epsilon: float = 0.25) -> Floats:
    """The guided filter with the plane as its own guide (He, Sun, Tang 2010), units of the plane squared for epsilon."""
    mean = box_mean(plane, radius)
    variance = box_mean(plane * plane, radius) - mean * mean
    slope = np.maximum(variance, 0) / (np.maximum(variance, 0) + np.float32(epsilon))
    base: Floats = box_mean(slope, radius) * plane + box_mean((1 - slope) * mean, radius)
    return base


def _shoulder(linear: Floats, knee: float = 0.8) -> Floats:
    """Roll highlights off above the knee, towards 1, instead of clipping them."""
    over = np.maximum(linear - np.float32(knee), 0)
    room = np.float32(1 - knee)
    rolled: Floats = np.minimum(linear, np.float32(knee)) + room * (1 - np.exp(-over / room))
    return rolled
