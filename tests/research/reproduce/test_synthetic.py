from __future__ import annotations

from pathlib import Path

import numpy as np

from deep_photo_enhancer.research.reproduce.synthetic import synthetic_photo, write_synthetic_photos
from tests.enhancing_fixtures import opened


def test_each_seed_has_a_photo_with_light_and_dark_parts() -> None:
    first, again, other = synthetic_photo(0), synthetic_photo(0), synthetic_photo(1)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.min() < 90
    assert first.max() > 150


def test_standing_and_lying_photos_are_written_by_number(tmp_path: Path) -> None:
    folder = write_synthetic_photos(tmp_path / "new", 2)
    assert {path.name: opened(path).size for path in folder.iterdir()} == {"000.png": (72, 96), "001.png": (96, 72)}
