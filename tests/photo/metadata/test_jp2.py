from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from deep_photo_enhancer.photo import Photo, load_photo
from deep_photo_enhancer.photo.codecs import codec
from deep_photo_enhancer.photo.metadata import Metadata, embed, read_metadata, read_orientation
from deep_photo_enhancer.photo.source import PhotoSource
from tests.enhancing_fixtures import smooth_photo
from tests.photo.metadata.fixtures import (
    CAPTION,
    EVERYTHING,
    NOT_FOR_NEW_PIXELS,
    RESOURCES,
    boxes,
    exif_block,
    file_with,
    xmp_packet,
)

METADATA = Metadata(exif_block(), xmp_packet())


def test_all_three_blocks_have_a_place_in_jpeg_2000(tmp_path: Path) -> None:
    content = file_with(tmp_path / "a.jp2", EVERYTHING)
    assert boxes((b"uuid", b"JpgTiffExif->JP2" + exif_block())) in content
    assert content.endswith(b"\xff\x4f\xff\x51 pixels")
    record_alone = RESOURCES[: RESOURCES.index(CAPTION) + len(CAPTION)]
    assert read_metadata(content) == (Metadata(EVERYTHING.exif, EVERYTHING.xmp, record_alone), ())


def test_a_bare_codestream_of_jpeg_2000_stays_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.j2k").write_bytes(b"\xff\x4f\xff\x51 pixels")
    warnings = embed(tmp_path / "a.j2k", METADATA)
    assert warnings == ("its metadata is left out: a bare JPEG 2000 codestream has no place for it, a .jp2 file has",)
    assert (tmp_path / "a.j2k").read_bytes() == b"\xff\x4f\xff\x51 pixels"


GEO = (b"uuid", bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03") + b"II*\0 GeoTIFF")


def jp2(*boxes_of_it: tuple[bytes, bytes]) -> bytes:
    plain = Photo(smooth_photo(20, 30)).to_bytes(".jp2")
    at = plain.index(b"jp2c") - 4
    return plain[:at] + boxes(*boxes_of_it) + plain[at:]


def test_boxes_of_other_programs_stay_and_unknown_ones_are_said(tmp_path: Path) -> None:
    others = [GEO, (b"uuid", b"another program."), (b"xml ", b"<gml/>"), (b"asoc", b"anything")]
    metadata, warnings = read_metadata(jp2(*others, (b"what", b"?")))
    assert warnings == (NOT_FOR_NEW_PIXELS.format("what"),)
    assert [piece.kind for piece in metadata.pieces] == ["GeoTIFF", "uuid", "xml", "asoc"]
    assert boxes(*others) in file_with(tmp_path / "a.jp2", metadata)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_pixels_are_turned_by_what_becomes_1(orientation: int) -> None:
    content = jp2((b"uuid", b"JpgTiffExif->JP2" + exif_block(orientation=orientation)), GEO)
    assert read_orientation(content) == orientation
    photo, plain = load_photo(content), load_photo(jp2())
    lying = Image.fromarray(plain.pixels)
    lying.getexif()[0x0112] = orientation
    np.testing.assert_array_equal(photo.pixels, np.asarray(ImageOps.exif_transpose(lying)))
    assert read_orientation(photo.to_bytes(".jp2")) == 1
    turned = NOT_FOR_NEW_PIXELS.format("GeoTIFF")  # its places count on pixels as they lay
    assert photo.warnings == (() if orientation == 1 else (turned,))
    assert codec("JPEG 2000").header(PhotoSource.of(content, None, 10_000)).size == photo.size
