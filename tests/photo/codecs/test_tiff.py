from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import pyvips
import tifffile

from deep_photo_enhancer.photo import load_photo
from tests.photo.samples import (
    RGB,
    SMALL,
    SMALL16,
    refusal,
)


def test_sixteen_bits_are_read_in_full(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "deep.tif", SMALL16, photometric="rgb")
    photo = load_photo(tmp_path / "deep.tif")
    assert photo.pixels.dtype == np.uint16
    np.testing.assert_array_equal(photo.pixels, SMALL16)


def test_float_pixels_and_further_channels_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "float.tif", SMALL.astype(np.float32) / 255, photometric="rgb")
    assert "float pixels are not supported; save it with 8 or 16 bits" in refusal(tmp_path / "float.tif")
    tifffile.imwrite(tmp_path / "five.tif", np.dstack([SMALL, SMALL[..., :2]]), photometric="rgb")
    assert "has 5 channels" in refusal(tmp_path / "five.tif")


def test_sixteen_bit_cmyk_keeps_its_depth_and_alpha(tmp_path: Path) -> None:
    bands = np.zeros((8, 8, 5), np.uint16)
    bands[..., 4] = 65535
    image = pyvips.Image.new_from_array(bands).copy(interpretation="cmyk")
    image.tiffsave(str(tmp_path / "in.tif"))
    photo = load_photo(tmp_path / "in.tif")
    assert photo.pixels.dtype == np.uint16
    assert photo.pixels.min() > 60000
    assert photo.alpha is not None
    assert photo.alpha.min() == 65535


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_cielab_is_refused_by_its_name(tmp_path: Path, dtype: type) -> None:
    tifffile.imwrite(tmp_path / "lab.tif", RGB.astype(dtype), photometric="cielab")
    assert refusal(tmp_path / "lab.tif").endswith(": its colours are CIELAB, which is not supported; save it as RGB")
