from __future__ import annotations

import numpy as np
import pytest

from deep_photo_enhancer.photo import Photo, SaveOptions, load_photo
from deep_photo_enhancer.photo.codecs.jpeg_xl_header import JxlHeader, jxl_header
from deep_photo_enhancer.photo.picture import divide_by_alpha
from tests.photo.samples import (
    RGB,
    needs,
    refusal,
)


def test_the_header_of_jpeg_xl_is_read_as_libjxl_reads_it() -> None:
    needs(".jxl")
    for height, width in ((8, 8), (48, 64), (40, 52), (1, 600), (300, 1), (700, 9)):
        data = Photo(np.zeros((height, width, 3), np.uint8)).to_bytes(".jxl")
        assert jxl_header(data) == JxlHeader(width, height)
        assert load_photo(data).size == (width, height)
    assert jxl_header(b"\xff\x0a") is None


START = "1" + "00000" + "100" + "0"
"""Bits of a header, the lowest first: small, 8 pixels, ratio 1, something is unusual."""
DEPTH = "0" + "00"
"""8 bits, whole numbers."""


def codestream(bits: str) -> bytes:
    return b"\xff\x0a" + int(bits[::-1], 2).to_bytes(40, "little")


def test_an_animated_jpeg_xl_is_refused() -> None:
    data = codestream(START + "1" + "000" + "0" + "0" + "1")  # more fields: orientation 1, no size, no preview, animation
    assert jxl_header(data) == JxlHeader(8, 8, animation=True)
    needs(".jxl")
    assert "holds an animation" in refusal(data)


@pytest.mark.parametrize(("code", "bits", "name"), [(16, "0111", "PQ"), (18, "00", "HLG")])
def test_hdr_is_refused_by_the_curve_that_the_header_names(code: int, bits: str, name: str) -> None:
    """Not by the profile that the decoder makes of it."""
    curve = "01" + bits if code < 18 else "11" + "000000"
    colours = "0" + "0" + "00" + "10" + "01" + "1110" + "0" + curve  # named one by one: RGB, D65, Rec. 2100, no gamma
    data = codestream(START + "0" + DEPTH + "1" + "00" + "1" + colours)
    assert jxl_header(data) == JxlHeader(8, 8, transfer=code)
    needs(".jxl")
    assert f"is an HDR picture ({name})" in refusal(data)


def test_cmyk_is_refused_by_its_channel_of_black() -> None:
    black = "0" + "01" + "0100" + DEPTH + "00" + "00"
    data = codestream(START + "0" + DEPTH + "1" + "10" + black + "1" + "1")
    assert jxl_header(data) == JxlHeader(8, 8, inks=True)
    needs(".jxl")
    assert "its colours are CMYK" in refusal(data)


def test_colours_multiplied_by_transparency_are_divided() -> None:
    """The 35th bit of this file says that its channel of transparency is a usual one; here it is described at length."""
    needs(".jxl")
    alpha = np.linspace(0, 255, 52).round().astype(np.uint8)[None, :, None].repeat(40, 0)
    data = Photo(RGB, alpha).to_bytes(".jxl", SaveOptions(quality=100))
    bits = "".join(f"{byte:08b}"[::-1] for byte in data[2:])
    assert bits[34] == "1"
    header = bits[:34] + "0" + "00" + DEPTH + "00" + "00" + "1" + bits[35:40]
    header += "0" * (-len(header) % 8)
    described = bytes(int(header[at : at + 8][::-1], 2) for at in range(0, len(header), 8))
    multiplied = data[:2] + described + data[7:]
    assert jxl_header(multiplied) == JxlHeader(52, 40, premultiplied=True)
    photo = load_photo(multiplied)
    np.testing.assert_array_equal(photo.alpha, alpha)
    np.testing.assert_array_equal(photo.pixels, divide_by_alpha(RGB, alpha))
