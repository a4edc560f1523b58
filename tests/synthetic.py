"""Photos made of numbers, for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from deep_photo_enhancer.photo.arrays import Pixels


def grey(code: int, height: int = 4, width: int = 6) -> Pixels:
    return np.full((height, width, 3), code, np.uint8)


def synthetic_photo(seed: int, height: int = 72, width: int = 96) -> Pixels:
    """A bright sky over a textured ground with a coloured disc: light and dark parts, edges, texture. (H, W, 3), uint8."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
    rows, columns = rows / height, columns / width
    sky = np.array([150, 180, 215]) - 60 * rows[..., None]
    ground = rng.uniform(40, 110, 3) + 25 * np.sin(columns * rng.uniform(20, 40) + rows * 30)[..., None]
    photo = np.where((rows > rng.uniform(0.4, 0.7))[..., None], ground, sky)
    centre = rng.uniform(0.3, 0.7, 2)
    disc = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < 0.03
    photo = np.where(disc[..., None], rng.uniform(60, 230, 3), photo)
    return np.clip(photo + rng.normal(0, 2, photo.shape), 0, 255).astype(np.uint8)


def write_photo(path: Path, pixels: Pixels) -> Path:
    """Save pixels in the format of the path's suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path
