from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from deep_photo_enhancer.photo import load_photo
from deep_photo_enhancer.photo.profiles import _PRIMARIES, _SRGB_PRIMARIES, UNUSABLE, grey_profile, matrix_profile
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


def test_colour_codes_of_a_png_go_before_its_profile() -> None:
    png = pil_bytes(SMALL, "PNG", icc_profile=icc_profile("p3"))
    assert load_photo(with_chunk(png, b"cICP", bytes([1, 13, 0, 1]))).profile is None
    rec2020 = matrix_profile(_PRIMARIES[9], None, "CICP 9/13")
    assert load_photo(with_chunk(png, b"cICP", bytes([9, 13, 0, 1]))).profile == rec2020


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


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_greyscale_that_names_a_gamma_keeps_its_look(mode: str) -> None:
    """Linear light of code 55 is 0.2157, which sRGB shows as code 128."""
    png = pil_bytes(np.full((8, 8, len(mode)), 55, np.uint8).squeeze(), "PNG")
    photo = load_photo(with_chunk(png, b"gAMA", struct.pack(">I", 100_000)))
    assert photo.profile == grey_profile(1.0)
    np.testing.assert_array_equal(photo.pixels, 55)
    assert load_photo(with_chunk(png, b"gAMA", struct.pack(">I", 45_455))).profile is None
    assert load_photo(with_chunk(with_chunk(png, b"gAMA", struct.pack(">I", 100_000)), b"sRGB", b"\0")).profile is None


def test_colour_codes_of_greyscale_are_honoured() -> None:
    png = pil_bytes(SMALL[..., 0], "PNG")
    assert load_photo(with_chunk(png, b"cICP", bytes([1, 8, 0, 1]))).profile == grey_profile(1.0)
    assert load_photo(with_chunk(png, b"cICP", bytes([12, 13, 0, 1]))).profile is None
    assert "HDR picture (PQ)" in refusal(with_chunk(png, b"cICP", bytes([9, 16, 0, 1])))


def animated(frames: int, starts_with_the_picture: bool = True) -> bytes:
    """A PNG that says that it is an animation; its own picture is the first frame or stands beside them."""
    png = pil_bytes(SMALL, "PNG")
    if starts_with_the_picture:
        png = with_chunk(png, b"fcTL", struct.pack(">5I2H2B", 0, 30, 20, 0, 0, 1, 10, 0, 0))
    return with_chunk(png, b"acTL", struct.pack(">2I", frames, 0))


def test_an_animation_of_one_frame_is_a_picture() -> None:
    np.testing.assert_array_equal(load_photo(animated(1)).pixels, SMALL)
    assert "holds an animation" in refusal(animated(2))
    assert "holds an animation" in refusal(animated(1, starts_with_the_picture=False))
