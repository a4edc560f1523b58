"""HEIC, AVIF, JPEG XL, JPEG 2000 and CR3."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo.metadata import Metadata, embed, read_metadata
from tests.enhancing_fixtures import jpeg_bytes, noise, smooth_photo
from tests.photo.metadata.fixtures import (
    CAPTION,
    EVERYTHING,
    RESOURCES,
    bare_file,
    boxes,
    exif_block,
    exif_of,
    file_with,
    pillow,
    xmp_packet,
)

METADATA = Metadata(exif_block(), xmp_packet())
CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
MOTION = "the video of its motion photo is left out"


# HEIC and AVIF


def avif(exif: bytes = b"", xmp: bytes = b"", with_alpha: bool = True) -> bytes:
    pixels = np.dstack([smooth_photo(40, 60), noise(0, 40, 60, 1)])[..., : 3 + with_alpha]
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "AVIF", exif=exif, xmp=xmp)
    return stream.getvalue()


def test_items_of_pillows_files_are_read() -> None:
    metadata, warnings = read_metadata(avif(b"Exif\0\0" + exif_block(), xmp_packet()))  # Pillow takes the orientation out
    assert (exif_of(metadata.exif or b"")[0x010F], metadata.xmp, warnings) == ("Maker", xmp_packet(), ())
    assert read_metadata(avif()) == (Metadata(), ())


def test_items_are_added_beside_transparency_and_replace_others(tmp_path: Path) -> None:
    for number, plain in enumerate((avif(), avif(b"Exif\0\0" + exif_block(">"), b"<old/>"))):
        file = tmp_path / f"{number}.avif"
        file.write_bytes(plain)
        assert embed(file, METADATA) == ()
        assert read_metadata(file.read_bytes()) == (METADATA, ())
        with pillow(file.read_bytes()) as image, pillow(plain) as before:
            np.testing.assert_array_equal(np.asarray(image), np.asarray(before))
            assert image.mode == "RGBA"
            assert image.info["xmp"] == METADATA.xmp
            assert image.getexif()[0x010F] == "Maker"


def heif(*, iinf: bytes, iloc: bytes, iref: bytes = b"", iprp: bytes = b"", behind: bytes = b"") -> bytes:
    full = bytes(4)
    parts = [(b"pitm", full + struct.pack(">H", 1)), (b"iinf", full + iinf), (b"iloc", iloc)]
    parts += [(b"iref", full + iref)] if iref else []
    parts += [(b"iprp", iprp)] if iprp else []
    return boxes((b"ftyp", b"heic\0\0\0\0mif1heic"), (b"meta", full + boxes(*parts))) + behind


def item(number: int, kind: bytes, rest: bytes = b"\0") -> bytes:
    return boxes((b"infe", b"\2\0\0\0" + struct.pack(">HH", number, 0) + kind + rest))


def test_exif_of_the_primary_picture_and_not_of_its_gain_map() -> None:
    blocks = [bytes(4) + exif_block(">"), b"\0\0\0\6Exif\0\0" + exif_block("<")]
    head = len(
        heif(iinf=b"\0\3" + item(1, b"hvc1") + item(2, b"Exif") + item(3, b"Exif"), iloc=bytes(8 + 2 * 14), iref=bytes(28))
    )
    places = struct.pack(">HHHII", 2, 0, 1, head, len(blocks[0])) + struct.pack(
        ">HHHII", 3, 0, 1, head + len(blocks[0]), len(blocks[1])
    )
    references = boxes((b"cdsc", struct.pack(">HHH", 2, 1, 9)), (b"cdsc", struct.pack(">HHH", 3, 1, 1)))
    content = heif(
        iinf=b"\0\3" + item(1, b"hvc1") + item(2, b"Exif") + item(3, b"Exif"),
        iloc=b"\0\0\0\0\x44\0\0\2" + places,
        iref=references,
        behind=b"".join(blocks),
    )
    assert len(content) == head + len(b"".join(blocks))
    assert read_metadata(content) == (Metadata(exif=exif_block("<")), ())


@pytest.mark.parametrize(
    ("said", "behind", "warning"),
    [
        (
            boxes((b"auxC", b"\0\0\0\0urn:com:apple:photo:2020:aux:hdrgainmap\0")),
            b"",
            "its HDR gain map is left out: the output is a standard photo",
        ),
        (boxes((b"auxC", b"\0\0\0\0urn:mpeg:hevc:2015:auxid:2\0")), b"", "its depth map is left out"),
        (
            boxes((b"auxC", b"\0\0\0\0urn:x:aux:one\0"), (b"auxC", b"\0\0\0\0urn:x:aux:\xff\0")),
            b"",
            "its further pictures (one, \\xff) are left out",
        ),
        (b"nothing", boxes((b"mpvd", b"video")), MOTION),
    ],
)
def test_what_lies_beside_the_primary_picture_is_told(said: bytes, behind: bytes, warning: str) -> None:
    content = heif(iinf=b"\0\1" + item(1, b"hvc1"), iloc=b"\0\0\0\0\x44\0\0\0", iprp=boxes((b"ipco", said)), behind=behind)
    assert read_metadata(content) == (Metadata(), (warning,))


def test_places_without_end_are_refused() -> None:
    iloc = b"\0\0\0\0\0\0" + struct.pack(">H", 9) + struct.pack(">HHH", 1, 0, 65535) * 9
    assert read_metadata(heif(iinf=b"\0\2" + item(1, b"hvc1") + item(2, b"Exif"), iloc=iloc)) == (
        Metadata(),
        ("its metadata is damaged and is left out",),
    )


# JPEG XL


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


# JPEG 2000


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


# RAW files in other forms


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
