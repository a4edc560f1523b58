"""Photos made of numbers, for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.reproduce.synthetic import synthetic_photo as synthetic_photo


def grey(code: int, height: int = 4, width: int = 6) -> Pixels:
    return np.full((height, width, 3), code, np.uint8)


def write_photo(path: Path, pixels: Pixels) -> Path:
    """Save pixels in the format of the path's suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path
