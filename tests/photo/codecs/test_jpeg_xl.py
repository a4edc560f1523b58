from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.photo import load_photo
from deep_photo_enhancer.photo.metadata import Metadata, embed, read_metadata
from deep_photo_enhancer.photo.metadata.blocks import Piece
from tests.enhancing_fixtures import jpeg_bytes, smooth_photo
from tests.photo.metadata.fixtures import RESOURCES, exif_block


def test_a_jpeg_inside_keeps_what_jpeg_xl_has_no_boxes_for(tmp_path: Path) -> None:
    jxl = pytest.importorskip("pillow_jxl")
    (tmp_path / "a.jpg").write_bytes(jpeg_bytes(smooth_photo(40, 56)))
    pieces = (Piece("JPEG", "APP6 GoPro", b"\xff\xe6\0\x0bGoPro\0abc"),)
    put_in = Metadata(exif_block(orientation=6), None, RESOURCES, (("COM", b"a comment"),), pieces)
    assert embed(tmp_path / "a.jpg", put_in) == ()
    encoder = jxl.Encoder(
        mode="RGB", lossless=True, quality=90, decoding_speed=0, effort=3, use_container=True, use_original_profile=True,
        num_threads=1,
    )  # fmt: skip
    packed = encoder((tmp_path / "a.jpg").read_bytes(), 56, 40, jpeg_encode=True)
    photo, plain = load_photo(bytes(packed)), load_photo(tmp_path / "a.jpg")
    np.testing.assert_array_equal(photo.pixels, plain.pixels)
    assert photo.metadata == plain.metadata
    out = tmp_path / "b.jpg"
    assert photo.save(out) == ()
    assert replace(read_metadata(out.read_bytes())[0], exif=None) == replace(put_in, exif=None)
    assert photo.save(tmp_path / "c.jxl") == (
        "its IPTC data is left out: JPEG XL has no place for it",
        "its data from other programs (APP6 GoPro) cannot be kept in JPEG XL",
        "its comment cannot be kept in JPEG XL",
    )
