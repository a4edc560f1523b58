from __future__ import annotations

from pathlib import Path

from deep_photo_enhancer.photo.metadata import Metadata, embed, read_metadata
from tests.photo.metadata.fixtures import (
    CAPTION,
    EVERYTHING,
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
