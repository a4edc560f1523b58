from __future__ import annotations

from pathlib import Path

from deep_photo_enhancer.photo.metadata import Metadata, read_metadata
from tests.photo.metadata.fixtures import (
    boxes,
    exif_block,
    file_with,
    xmp_packet,
)

METADATA = Metadata(exif_block(), xmp_packet())


def test_a_bare_codestream_gets_a_container(tmp_path: Path) -> None:
    content = file_with(tmp_path / "a.jxl", METADATA)
    assert content.startswith(b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl ")
    assert content.endswith(boxes((b"jxlc", b"\xff\x0a pixels")))
    assert boxes((b"Exif", bytes(4) + exif_block())) + boxes((b"xml ", xmp_packet())) in content


def test_packed_boxes_are_told() -> None:
    content = b"\0\0\0\x0cJXL \r\n\x87\n" + boxes((b"brob", b"Exif packed"), (b"brob", b"jbrd packed"), (b"jxlc", b""))
    assert read_metadata(content) == (
        Metadata(),
        ("its EXIF data is packed with brotli, which is not read here, and is left out",),
    )
