from __future__ import annotations

import struct
from pathlib import Path

import pytest

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo.metadata import Metadata, embed, read_metadata
from tests.enhancing_fixtures import jpeg_bytes, smooth_photo
from tests.photo.metadata.fixtures import (
    EVERYTHING,
    bare_file,
    boxes,
    exif_block,
    exif_of,
    xmp_packet,
)

METADATA = Metadata(exif_block(), xmp_packet())
CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")


def test_cr3_files_are_read_and_their_maker_notes_count_from_where_they_did(tmp_path: Path) -> None:
    first = (
        b"II*\0\x08\0\0\0\2\0" + struct.pack("<HHI4s", 0x010F, 2, 4, b"Cam\0") + struct.pack("<HHII", 0x0112, 3, 1, 6) + bytes(4)
    )
    exif = b"II*\0\x08\0\0\0\1\0" + struct.pack("<HHII", 0x8827, 3, 1, 400) + bytes(4)
    notes = b"II*\0\x08\0\0\0" + b"a directory whose offsets count from II" * 9
    canon = CANON + boxes((b"CMT1", first), (b"CMT2", exif), (b"CMT3", notes), (b"CMT4", b"II*\0\x08\0\0\0\0\0\0\0\0\0"))
    content = boxes((b"ftyp", b"crx \0\0\0\1crx "), (b"moov", boxes((b"uuid", canon))))
    metadata, warnings = read_metadata(content)
    assert warnings == ()
    assert metadata.exif is not None
    read = exif_of(metadata.exif)
    assert (read[0x010F], read[0x0112], read.get_ifd(0x8769)[0x8827]) == ("Cam", 6, 400)
    assert read.get_ifd(0x8769)[0x927C] == notes[8:]
    assert metadata.exif[8:].startswith(notes[8:])
    (tmp_path / "a.cr3").write_bytes(content)
    with pytest.raises(PhotoError, match="cannot put metadata into this format"):
        embed(tmp_path / "a.cr3", METADATA)


def test_raf_files_hold_a_jpeg_with_everything(tmp_path: Path) -> None:
    bare_file(tmp_path / "a.jpg").write_bytes(jpeg_bytes(smooth_photo()))
    embed(tmp_path / "a.jpg", EVERYTHING)
    inner = (tmp_path / "a.jpg").read_bytes()
    content = b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0") + struct.pack(">II", 200, len(inner))
    assert read_metadata(content.ljust(200, b"\0") + inner + b"raw pixels") == (EVERYTHING, ())
