from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.photo.small_copies import small_copy
from tests.synthetic import grey, synthetic_photo, write_photo


def test_a_small_photo_is_not_enlarged(tmp_path: Path) -> None:
    pixels = synthetic_photo(0, 30, 20)
    np.testing.assert_array_equal(small_copy(write_photo(tmp_path / "a.png", pixels), 100), pixels)


@pytest.mark.parametrize(("height", "width"), [(777, 602), (173, 571), (395, 310), (354, 433)])
def test_copies_of_all_formats_have_the_same_size(tmp_path: Path, height: int, width: int) -> None:
    sizes = [
        small_copy(write_photo(tmp_path / f"a.{suffix}", grey(90, height, width)), 91).shape[:2]
        for suffix in ("png", "jpg", "tif", "webp")
    ]
    assert set(sizes) == {(round(height * 91 / max(height, width)), round(width * 91 / max(height, width)))}


def test_a_turned_photo_is_loaded_upright(tmp_path: Path) -> None:
    left_dark = np.concatenate([grey(20, 60, 60), grey(220, 60, 60)], axis=1)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise: left becomes top
    Image.fromarray(left_dark).save(tmp_path / "a.jpg", exif=exif)
    copy = small_copy(tmp_path / "a.jpg", 40)
    assert copy.shape == (40, 20, 3)
    assert abs(copy[:15].astype(int) - 20).max() < 4
    assert abs(copy[25:].astype(int) - 220).max() < 4


def test_grey_transparent_and_16_bit_photos_become_three_channels_of_8_bits(tmp_path: Path) -> None:
    Image.fromarray(np.full((5, 7), 130, np.uint8)).save(tmp_path / "grey.png")
    Image.fromarray(np.dstack([grey(130, 5, 7), np.full((5, 7), 255, np.uint8)])).save(tmp_path / "alpha.png")
    Image.fromarray(np.full((5, 7), 130 * 257, np.uint16)).save(tmp_path / "deep.png")
    for name in ("grey", "alpha", "deep"):
        np.testing.assert_array_equal(small_copy(tmp_path / f"{name}.png", 50), grey(130, 5, 7), err_msg=name)
