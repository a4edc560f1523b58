from __future__ import annotations

import sys
from pathlib import Path

import pytest

from deep_photo_enhancer.photo.metadata import Metadata, read_metadata
from deep_photo_enhancer.system.extras import install_command
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


def container(*boxes_of_it: tuple[bytes, bytes]) -> bytes:
    return b"\0\0\0\x0cJXL \r\n\x87\n" + boxes(*boxes_of_it, (b"jxlc", b""))


def test_packed_boxes_are_unpacked() -> None:
    brotli = pytest.importorskip("brotli")
    packed = brotli.compress(bytes(4) + exif_block()), brotli.compress(xmp_packet())
    content = container((b"brob", b"Exif" + packed[0]), (b"brob", b"xml " + packed[1]), (b"brob", b"jbrd packed"))
    assert read_metadata(content) == (METADATA, ())
    for damaged in (packed[0][:-5], b"no Brotli at all"):
        assert read_metadata(container((b"brob", b"Exif" + damaged))) == (
            Metadata(),
            ("its EXIF data is damaged and is left out",),
        )


def test_a_packed_box_cannot_unpack_into_much(monkeypatch: pytest.MonkeyPatch) -> None:
    brotli = pytest.importorskip("brotli")
    monkeypatch.setattr("deep_photo_enhancer.photo.metadata.jxl.LONGEST", 1 << 20)
    bomb = brotli.compress(bytes(1 << 22), quality=5)
    assert len(bomb) < 1000
    assert read_metadata(container((b"brob", b"xml " + bomb))) == (Metadata(), ("its XMP data is damaged and is left out",))


def test_packed_boxes_without_the_package_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    assert read_metadata(container((b"brob", b"Exif packed"))) == (
        Metadata(),
        (f"its EXIF data is packed with Brotli and is left out; to keep it, {install_command('jxl')}",),
    )


def test_boxes_of_other_programs_stay_and_claims_on_the_old_pixels_go(tmp_path: Path) -> None:
    content = container((b"mine", b"content"), (b"jumb", b"c2pa"), (b"brob", b"jhgm packed"), (b"brob", b"mine packed"))
    metadata, warnings = read_metadata(content)
    assert [piece.body for piece in metadata.pieces] == [boxes((b"mine", b"content")), boxes((b"brob", b"mine packed"))]
    assert warnings == (
        "its HDR gain map is left out: the output is a standard photo",
        "its content credentials are left out: they vouch for the old pixels only",
    )
    assert read_metadata(file_with(tmp_path / "a.jxl", metadata)) == (metadata, ())
