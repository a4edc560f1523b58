from __future__ import annotations

import numpy as np

from deep_photo_enhancer.photo import Photo, load_photo
from deep_photo_enhancer.photo.codecs.jpeg_xl_header import JxlHeader, jxl_header
from tests.photo.samples import (
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


def test_an_animated_jpeg_xl_is_refused() -> None:
    """Bits, the lowest first: small, 8 pixels, ratio 1, unusual fields, orientation 1, no size, no preview, animation."""
    bits = "1" + "00000" + "100" + "0" + "1" + "000" + "0" + "0" + "1"
    codestream = b"\xff\x0a" + int(bits[::-1], 2).to_bytes(40, "little")
    assert jxl_header(codestream) == JxlHeader(8, 8, animation=True)
    needs(".jxl")
    assert "holds an animation" in refusal(codestream)
