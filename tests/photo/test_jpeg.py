from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.photo import JpegEncoding, Photo, SaveOptions, load_photo
from deep_photo_enhancer.photo.codecs.jpeg import jpeg_encoding, quality_of
from tests.enhancing_fixtures import jpeg_bytes
from tests.photo.samples import RGB, pil_bytes


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


@pytest.mark.parametrize("suffix", [".webp", ".avif", ".jp2"])
def test_quality_makes_other_formats_smaller_too(suffix: str) -> None:
    sizes = [len(Photo(RGB).to_bytes(suffix, SaveOptions(quality=quality))) for quality in (10, 99)]
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("quality", [0, 101])
def test_no_other_qualities(quality: int) -> None:
    with pytest.raises(ValueError, match="quality lies between 1 and 100"):
        SaveOptions(quality)


def test_a_grey_jpeg_has_no_chroma(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg_bytes(RGB[..., 0], quality=80))
    assert load_photo(tmp_path / "a.jpg").encoding == JpegEncoding(80, half_chroma=False)
