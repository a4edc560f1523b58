from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import JpegEncoding, Photo, SaveOptions, load_photo
from deep_photo_enhancer.photo.codecs.jpeg import jpeg_encoding, quality_of
from tests.enhancing_fixtures import jpeg_bytes, opened, smooth_photo
from tests.photo.samples import (
    RGB,
    SMALL,
    pil_bytes,
    refusal,
)


def test_a_jpeg_is_read_as_pillow_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg_bytes(SMALL, quality=95, subsampling=0))
    difference = load_photo(path).pixels.astype(int) - np.asarray(opened(path)).astype(int)
    assert abs(difference).max() <= 2


def test_a_cmyk_jpeg_becomes_srgb_and_says_so(tmp_path: Path) -> None:
    colours = np.array([[[0, 0, 0], [255, 255, 255]], [[255, 0, 0], [0, 0, 255]]], np.uint8)
    patches = colours.repeat(16, 0).repeat(16, 1)
    Image.fromarray(patches).convert("CMYK").save(tmp_path / "press.jpg", quality=95)
    photo = load_photo(tmp_path / "press.jpg")
    assert photo.warnings == ("converted from CMYK to sRGB",)
    assert (photo.pixels.shape, photo.pixels.dtype, photo.profile) == ((32, 32, 3), np.dtype(np.uint8), None)
    black, white = photo.pixels[8, 8].astype(int), photo.pixels[8, 24].astype(int)
    red, blue = photo.pixels[24, 8].astype(int), photo.pixels[24, 24].astype(int)
    assert black.max() < 60
    assert white.min() > 245
    assert red[0] > red[1:].max() + 80
    assert blue[2] > blue[:2].max() + 40


def test_a_saved_jpeg_keeps_full_chroma_resolution(tmp_path: Path) -> None:
    Photo(SMALL).save(tmp_path / "photo.jpg")
    layers = opened(tmp_path / "photo.jpg").layer  # type: ignore[attr-defined]
    assert {layer[1:3] for layer in layers} == {(1, 1)}


def layers(data: bytes) -> Any:
    return Image.open(io.BytesIO(data)).layer  # type: ignore[attr-defined]


@pytest.mark.parametrize("quality", range(11, 101))
def test_the_quality_is_that_which_libjpeg_was_told(quality: int) -> None:
    assert jpeg_encoding(jpeg_bytes(RGB, quality=quality)) == JpegEncoding(quality, half_chroma=True)


@pytest.mark.parametrize(("subsampling", "half"), [(0, False), (1, False), (2, True)])
def test_colour_at_half_resolution_is_that_in_both_directions(subsampling: int, half: bool) -> None:
    assert jpeg_encoding(jpeg_bytes(RGB, subsampling=subsampling)) == JpegEncoding(75, half)


def test_a_table_of_another_maker_gets_the_quality_of_the_nearest() -> None:
    table = np.full(64, 5, np.uint8)  # the median of table K.1 is 57.5; a tenth of it and less is quality 95 and more
    assert quality_of(table) == 96
    assert quality_of(np.ones(64, np.uint8)) == 100
    assert quality_of(np.full(64, 255, np.uint8)) == 11


@pytest.mark.parametrize(
    "data", [b"\xff\xd8", b"\xff\xd8\xff\xdb\0", b"\xff\xd8\xff\xda\0\2", b"\xff\xd8\xff\xdb\0\3\0\xff\xd9", b""]
)
def test_headers_without_tables_say_nothing(data: bytes) -> None:
    assert jpeg_encoding(data) is None


def test_a_saved_jpeg_follows_its_input_in_quality_and_subsampling() -> None:
    for subsampling, factors in ((2, {(2, 2), (1, 1)}), (0, {(1, 1)})):
        photo = load_photo(jpeg_bytes(RGB, quality=84, subsampling=subsampling))
        written = photo.to_bytes(".jpg")
        assert jpeg_encoding(written) == JpegEncoding(84, half_chroma=subsampling == 2)
        assert {layer[1:3] for layer in layers(written)} == factors


def test_a_poor_jpeg_is_not_made_poorer_and_the_users_quality_comes_first() -> None:
    photo = load_photo(jpeg_bytes(RGB, quality=30))
    assert photo.encoding == JpegEncoding(30, half_chroma=True)
    assert jpeg_encoding(photo.to_bytes(".jpg")) == JpegEncoding(75, half_chroma=True)
    assert jpeg_encoding(photo.to_bytes(".jpg", SaveOptions(quality=40))) == JpegEncoding(40, half_chroma=True)


def test_what_was_no_jpeg_becomes_one_of_quality_92_with_full_chroma() -> None:
    photo = load_photo(pil_bytes(RGB, "PNG"))
    assert photo.encoding is None
    assert jpeg_encoding(photo.to_bytes(".jpg")) == JpegEncoding(92, half_chroma=False)


def test_a_grey_jpeg_has_no_chroma(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg_bytes(RGB[..., 0], quality=80))
    assert load_photo(tmp_path / "a.jpg").encoding == JpegEncoding(80, half_chroma=False)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 0, "quality": 95}])
@pytest.mark.parametrize("size", [(64, 48), (50, 41)])
def test_a_jpeg_that_lacks_its_end_alone_is_read_and_none_that_lacks_more(options: dict[str, Any], size: tuple[int, int]) -> None:
    data = jpeg_bytes(smooth_photo(*size), **options)
    whole = load_photo(data)
    for missing in (1, 2):
        photo = load_photo(data[:-missing])
        np.testing.assert_array_equal(photo.pixels, whole.pixels)
        assert (photo.warnings, photo.encoding) == ((), whole.encoding)
    for missing in range(3, 13):  # what is taken has all pixels all the same: bits that fill the last byte may be missing
        with contextlib.suppress(PhotoError):
            np.testing.assert_array_equal(load_photo(data[:-missing]).pixels, whole.pixels)
    assert "it ends too early" in refusal(data[:-40])


def test_sides_that_libjpeg_does_not_read_are_refused_by_their_number() -> None:
    data = pil_bytes(RGB, "JPEG")
    at = data.index(b"\xff\xc0") + 5
    wide = data[:at] + b"\0\x28\xff\xff" + data[at + 4 :]
    assert "65535 x 40 pixels are more than can be read of a JPEG, 65500 a side; save it as PNG" in refusal(wide)
