"""The bundled model's pictures stay what they are; `python -m tests.enhancement.test_golden` writes new ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import deep_photo_enhancer as dpe
from deep_photo_enhancer.photo.small_copies import small_copy

EXAMPLES = Path(__file__).parents[2] / "examples" / "photos"
GOLDEN = Path(__file__).parent / "golden"
NAMES = ("dogs-at-window", "low-sun-over-hills", "room-with-drum")
SIDE = 160
TOLERANCE = 1
"""Codes of 255, for other processors' arithmetic."""


def enhanced(name: str) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = dpe.enhance(small_copy(EXAMPLES / f"{name}.jpg", SIDE))
    return pixels


@pytest.mark.parametrize("name", NAMES)
def test_enhanced_examples_look_as_before(name: str) -> None:
    now = enhanced(name).astype(int)
    difference = np.abs(now - dpe.load_photo(GOLDEN / f"{name}.png").pixels)
    counts = np.bincount(difference.ravel())
    assert difference.max() <= TOLERANCE, f"mean {difference.mean():.3f}, pixels by difference in codes: {counts.tolist()}"


if __name__ == "__main__":
    for name in NAMES:
        dpe.Photo(enhanced(name)).save(GOLDEN / f"{name}.png")
