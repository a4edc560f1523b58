"""Makes a camera's flat rendering x out of a good photo y: the random inverse of what a retoucher does.

A camera's own rendering is darker, flatter and paler than the finished picture, and its white balance is a little off. In linear
light: colour cast, exposure, soft highlight shoulder, dark midtones; in sRGB: contrast about the mean, saturation, 8 bits.
Stronger faults are drawn over x by faults.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.training.data.light import (
    LUMINANCE,
    compress_about_mean,
    desaturate,
    roll_off,
    srgb_decode,
    srgb_encode,
)

Range = tuple[float, float]


@dataclass(frozen=True)
class FlatteningConfig:
    """How flat x becomes; each photo draws its own values. All ranges are uniform."""

    unchanged: float = 0.12
    """Share of photos left as they are, so that a good photo stays what it is."""
    exposure_mean: float = -0.4
    """EV, normally distributed."""
    exposure_std: float = 0.45
    """EV."""
    midtones: Range = (1.0, 1.3)
    """Exponent on linear light: darkens the middle and keeps white, as a rendering without the camera's tone curve does."""
    contrast: Range = (0.65, 1.0)
    """Factor on the distance to the photo's mean, in sRGB."""
    saturation: Range = (0.65, 1.0)
    """Factor on the distance to the pixel's luma, in sRGB."""
    cast: float = 0.06
    """Standard deviation of the warm-cold cast: natural logarithm of the gain on red, its inverse on blue."""
    tint: float = 0.025
    """Standard deviation of the green-magenta cast: natural logarithm of the gain on green."""
    shoulder: bool = True
    """A soft shoulder for highlights; without it, white stays white and what is brighter is clipped."""

    def __post_init__(self) -> None:
        if not 0 <= self.unchanged <= 1:
            raise ValueError(f"unchanged is a share: from 0 to 1, not {self.unchanged}")
        for name in ("exposure_std", "cast", "tint"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is a standard deviation: at least 0, not {getattr(self, name)}")
        for name in ("midtones", "contrast", "saturation"):
            low, high = getattr(self, name)
            if not 0 <= low <= high:
                raise ValueError(f"{name} is a range from low to high, both at least 0, not {low} to {high}")


def flatten(y: NDArray[np.uint8], config: FlatteningConfig, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A flat rendering x whose finished version is y. Both (H, W, 3), uint8, sRGB. The same rng state gives the same x."""
    if rng.random() < config.unchanged:
        return y
    warmth, tint = rng.normal(0, config.cast), rng.normal(0, config.tint)
    gains = np.exp(np.array([warmth, tint, -warmth], np.float32))
    gains *= np.float32(2.0 ** rng.normal(config.exposure_mean, config.exposure_std)) / (gains @ LUMINANCE)
    linear = _LINEAR_OF_CODE[y] * gains
    linear = roll_off(linear) if config.shoulder else np.minimum(linear, 1)
    x = srgb_encode(linear ** np.float32(rng.uniform(*config.midtones)))
    x = compress_about_mean(x, rng.uniform(*config.contrast))
    x = desaturate(x, rng.uniform(*config.saturation))
    return (np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8)


_LINEAR_OF_CODE = srgb_decode(np.arange(256, dtype=np.float32) / 255).astype(np.float32)
