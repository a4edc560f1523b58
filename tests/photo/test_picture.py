from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from deep_photo_enhancer.photo import Photo, SaveOptions, with_pixels
from deep_photo_enhancer.photo.metadata import Metadata
from deep_photo_enhancer.photo.picture import divide_by_alpha, turn_upright
from tests.photo.samples import (
    SMALL,
)


def test_with_pixels_changes_nothing_else() -> None:
    photo = Photo(SMALL, SMALL[..., :1], b"profile", Metadata(exif=b"exif"), (11.8, 11.8), ("careful",))
    other = with_pixels(photo, SMALL[::-1])
    np.testing.assert_array_equal(other.pixels, SMALL[::-1])
    assert other.alpha is photo.alpha
    assert (other.profile, other.metadata, other.resolution, other.warnings) == (
        photo.profile,
        photo.metadata,
        photo.resolution,
        photo.warnings,
    )


@pytest.mark.parametrize("quality", [0, 101])
def test_no_other_qualities(quality: int) -> None:
    with pytest.raises(ValueError, match="quality lies between 1 and 100"):
        SaveOptions(quality)


def test_division_by_transparency_rounds_and_stays_within_white() -> None:
    colours = np.array([[[0], [63], [64], [128], [200]]], np.uint8)
    alpha = np.array([[[0], [127], [128], [128], [100]]], np.uint8)
    np.testing.assert_array_equal(divide_by_alpha(colours, alpha)[0, :, 0], [0, 126, 128, 255, 255])  # 126.5 and 127.5
    deep = divide_by_alpha(np.full((1, 1, 3), 30_000, np.uint16), np.full((1, 1, 1), 60_000, np.uint16))
    np.testing.assert_array_equal(deep, 32_768)  # 32767.5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_are_turned_as_pillow_turns_them(orientation: int) -> None:
    lying = Image.fromarray(SMALL)
    lying.getexif()[0x0112] = orientation
    np.testing.assert_array_equal(turn_upright(SMALL, orientation), np.asarray(ImageOps.exif_transpose(lying)))
