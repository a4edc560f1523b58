from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from deep_photo_enhancer.photo import load_photo
from deep_photo_enhancer.photo.profiles import _PRIMARIES, _SRGB_PRIMARIES, UNUSABLE, matrix_profile
from tests.enhancing_fixtures import exif_block, icc_profile, opened, smooth_photo
from tests.photo.samples import (
    RGB,
    SMALL,
    pil_bytes,
    refusal,
    same_colours,
    with_chunk,
)


@pytest.mark.parametrize("transparency", [None, 3])
def test_a_palette_becomes_its_colours_and_its_transparency(tmp_path: Path, transparency: int | None) -> None:
    options: dict[str, Any] = {} if transparency is None else {"transparency": transparency}
    Image.fromarray(SMALL).quantize(16).save(tmp_path / "palette.png", **options)
    expected = np.asarray(opened(tmp_path / "palette.png").convert("RGBA"))
    photo = load_photo(tmp_path / "palette.png")
    np.testing.assert_array_equal(photo.pixels, expected[..., :3])
    if transparency is None:
        assert photo.alpha is None
    else:
        assert photo.alpha is not None
        assert 0 in expected[..., 3]
        np.testing.assert_array_equal(photo.alpha, expected[..., 3:])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_large_photos_are_upright_too(tmp_path: Path, orientation: int) -> None:
    """Larger than what libvips holds of a photo that it reads line by line."""
    tall = smooth_photo(900, 700)
    Image.fromarray(tall).save(tmp_path / "photo.png", exif=exif_block(orientation, b""))
    expected = np.asarray(ImageOps.exif_transpose(opened(tmp_path / "photo.png")))
    np.testing.assert_array_equal(load_photo(tmp_path / "photo.png").pixels, expected)


def test_a_png_names_its_colours_by_the_best_of_its_chunks() -> None:
    png = pil_bytes(RGB, "PNG")
    gamma = struct.pack(">I", 55556)  # 1 / 1.8
    assert load_photo(with_chunk(png, b"cICP", bytes([12, 13, 0, 1]))).profile == matrix_profile(
        _PRIMARIES[12], None, "CICP 12/13"
    )
    assert load_photo(with_chunk(png, b"gAMA", struct.pack(">I", 45455))).profile is None
    assert load_photo(with_chunk(with_chunk(png, b"gAMA", gamma), b"sRGB", b"\0")).profile is None
    old_mac = load_photo(with_chunk(png, b"gAMA", gamma)).profile
    assert same_colours(old_mac, matrix_profile(_SRGB_PRIMARIES, 1.8, "1.8")) <= 1
    assert load_photo(with_chunk(pil_bytes(RGB, "PNG", icc_profile=icc_profile("p3")), b"gAMA", gamma)).profile == icc_profile(
        "p3"
    )


def test_chromaticities_of_a_png_are_honoured_and_impossible_ones_passed_over() -> None:
    png = with_chunk(pil_bytes(RGB, "PNG"), b"gAMA", struct.pack(">I", 45455))
    p3 = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    expected = matrix_profile(_PRIMARIES[12], 1e5 / 45455, "P3 and 2.2")
    assert same_colours(load_photo(with_chunk(png, b"cHRM", p3)).profile, expected) <= 1
    assert load_photo(with_chunk(png, b"cHRM", bytes(32))).profile is None
    assert load_photo(with_chunk(png, b"cHRM", struct.pack(">8I", *[30000, 30000] * 4))).profile is None


def test_a_png_keeps_its_pixels_whatever_its_chunks_say() -> None:
    photo = load_photo(with_chunk(pil_bytes(RGB, "PNG"), b"cICP", bytes([9, 13, 0, 1])))
    np.testing.assert_array_equal(photo.pixels, RGB)
    np.testing.assert_array_equal(load_photo(photo.to_bytes(".png")).pixels, RGB)


def test_a_profile_that_libpng_passes_over_is_told_of_too() -> None:
    assert load_photo(pil_bytes(RGB, "PNG", icc_profile=b"nonsense" * 50)).warnings == (UNUSABLE,)


def test_chunks_of_a_png_that_end_early_are_damage() -> None:
    assert "damaged" in refusal(with_chunk(pil_bytes(RGB, "PNG"), b"cICP", b"\x0c\x0d")[:60])
