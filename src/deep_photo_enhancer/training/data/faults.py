"""Draws a photographer's and a camera's faults over x, while y stays: the label is the finish of the unspoilt photo."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from deep_photo_enhancer.photo.arrays import Floats
from deep_photo_enhancer.training.data.light import (
    cast,
    compress_about_mean,
    compress_between_ends,
    deepen_shadows,
    desaturate,
    expose,
    lift_blacks,
    veil,
)

Fault = Callable[[Floats, np.random.Generator], Floats]
"""A photo as in light.py to one with the fault; its strength is drawn."""

NOISY, NOISE = 0.3, (0.004, 0.03)
"""Share of faulty photos with noise, and its standard deviation, in sRGB."""
BLOCKY, JPEG_QUALITY = 0.2, (30, 85)
"""Share of faulty photos that were written as JPEG, and its quality."""


@dataclass(frozen=True)
class FaultsConfig:
    """How often faults are drawn over x."""

    share: float = 0.0
    """Share of samples with a fault."""
    second: float = 0.3
    """Share of these that have a second one, of another kind."""

    def __post_init__(self) -> None:
        for name in ("share", "second"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share: from 0 to 1, not {getattr(self, name)}")


def draw_faults(x: NDArray[np.uint8], config: FaultsConfig, rng: np.random.Generator) -> NDArray[np.uint8]:
    """x with one or two faults, or as it is. Both (H, W, 3), uint8, sRGB. The same rng state gives the same faults."""
    if rng.random() >= config.share:
        return x
    count = 2 if rng.random() < config.second else 1
    chosen = rng.choice(len(FAULTS), count, replace=False, p=[often for often, _ in FAULTS.values()])
    spoilt: Floats = x.astype(np.float32) / 255
    for number in sorted(chosen):
        _, fault = list(FAULTS.values())[number]
        spoilt = fault(spoilt, rng)
    if rng.random() < NOISY:
        spoilt = spoilt + np.float32(rng.uniform(*NOISE)) * rng.standard_normal(spoilt.shape, np.float32)
    codes = (np.clip(spoilt, 0, 1) * 255 + 0.5).astype(np.uint8)
    return _as_jpeg(codes, int(rng.integers(*JPEG_QUALITY))) if rng.random() < BLOCKY else codes


def _green_or_magenta(x: Floats, rng: np.random.Generator) -> Floats:
    sign = 1 if rng.random() < 0.7 else -1
    return cast(x, rng.normal(0, 0.05), sign * rng.uniform(0.05, 0.22))


def _hazy(x: Floats, rng: np.random.Generator) -> Floats:
    if rng.random() < 0.35:
        return lift_blacks(x, rng.uniform(0.05, 0.3))
    return veil(x, rng.uniform(0.12, 0.55), rng.uniform(0.4, 0.9))


def _flat(x: Floats, rng: np.random.Generator) -> Floats:
    """Half of them keep black and white."""
    pale = desaturate(x, rng.uniform(0.35, 0.9))
    if rng.random() < 0.5:
        return compress_between_ends(pale, rng.uniform(0.4, 0.9))
    return compress_about_mean(pale, rng.uniform(0.5, 0.9))


FAULTS: dict[str, tuple[float, Fault]] = {
    "backlit": (0.08, lambda x, rng: deepen_shadows(x, rng.uniform(0.3, 1.1))),
    "warm": (0.16, lambda x, rng: cast(x, rng.uniform(0.08, 0.4), rng.normal(0, 0.03))),
    "cold": (0.14, lambda x, rng: cast(x, -rng.uniform(0.08, 0.4), rng.normal(0, 0.03))),
    "green": (0.05, _green_or_magenta),
    "dark": (0.20, lambda x, rng: expose(x, -rng.uniform(0.5, 2.6))),
    "bright": (0.16, lambda x, rng: expose(x, rng.uniform(0.3, 1.2))),
    "haze": (0.16, _hazy),
    "flat": (0.05, _flat),
}
"""How often each is drawn, and what it does; in the order in which they happen."""


def _as_jpeg(codes: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Written as JPEG and read again."""
    file = io.BytesIO()
    Image.fromarray(codes).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))
