from __future__ import annotations

import binascii
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL.PngImagePlugin import PngInfo

from deep_photo_enhancer.photo import load_photo
from deep_photo_enhancer.photo.metadata import Metadata, embed, read_metadata, read_orientation
from tests.photo.metadata.fixtures import (
    CAPTION,
    EVERYTHING,
    NOT_FOR_NEW_PIXELS,
    RESOURCES,
    bare_file,
    exif_block,
    file_with,
    pillow,
    xmp_packet,
)


def with_chunks(path: Path, *chunks: tuple[bytes, bytes]) -> bytes:
    content = bare_file(path).read_bytes()
    new = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return content[:33] + new + content[33:]


def raw_profile(name: bytes, block: bytes) -> bytes:
    lines = binascii.hexlify(block, b"\n", 36)
    return b"Raw profile type " + name + b"\0\0" + zlib.compress(b"\n%s\n%8d\n%s\n" % (name, len(block), lines))


@pytest.mark.parametrize(
    ("name", "block", "expected"),
    [
        (b"exif", b"Exif\0\0" + exif_block(), Metadata(exif=exif_block())),
        (b"APP1", b"Exif\0\0" + exif_block(), Metadata(exif=exif_block())),
        (b"APP1", b"http://ns.adobe.com/xap/1.0/\0" + xmp_packet(), Metadata(xmp=xmp_packet())),
        (b"xmp", xmp_packet(), Metadata(xmp=xmp_packet())),
        (b"iptc", RESOURCES, Metadata(iptc=RESOURCES)),
        (b"8bim", RESOURCES, Metadata(iptc=RESOURCES)),
    ],
)
def test_profiles_in_imagemagicks_form_are_read(tmp_path: Path, name: bytes, block: bytes, expected: Metadata) -> None:
    content = with_chunks(tmp_path / "a.png", (b"zTXt", raw_profile(name, block)))
    assert read_metadata(content) == (expected, ())


def test_texts_are_carried_and_copies_of_exif_are_not(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_text("Title", "Grüße")
    info.add_itxt("Author", "写真家", zip=True)
    info.add_text("exif:GPSLatitude", "47/1")
    with pillow(bare_file(tmp_path / "a.png").read_bytes()) as image:
        image.save(tmp_path / "b.png", pnginfo=info)
    metadata, warnings = read_metadata((tmp_path / "b.png").read_bytes())
    assert warnings == ()
    with pillow(file_with(tmp_path / "c.png", metadata)) as image:
        assert image.info["Title"] == "Grüße"
        assert image.info["Author"] == "写真家"
        assert "exif:GPSLatitude" not in image.info


def test_iptc_is_written_as_pillow_and_libvips_expect_it(tmp_path: Path) -> None:
    with pillow(file_with(tmp_path / "a.png", EVERYTHING)) as image:
        text = image.info["Raw profile type iptc"].split("\n")
        assert text[1:3] == ["iptc", f"{len(RESOURCES):8d}"]
        assert CAPTION in binascii.unhexlify(text[3])


def test_a_text_that_unpacks_into_gigabytes_is_left_out(tmp_path: Path) -> None:
    bomb = zlib.compress(bytes(40 << 20), 9)
    content = with_chunks(tmp_path / "a.png", (b"zTXt", b"Raw profile type xmp\0\0" + bomb))
    assert read_metadata(content) == (Metadata(), ("one of its text profiles is damaged and is left out",))


def test_a_packed_text_without_its_end_is_left_out(tmp_path: Path) -> None:
    content = with_chunks(tmp_path / "a.png", (b"zTXt", raw_profile(b"xmp", xmp_packet())[:-5]))
    assert read_metadata(content) == (Metadata(), ("one of its text profiles is damaged and is left out",))


def test_all_checksums_are_right(tmp_path: Path) -> None:
    content = file_with(tmp_path / "a.png", EVERYTHING)
    at, kinds = 8, []
    while at < len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        assert struct.unpack_from(">I", content, at + 8 + length)[0] == zlib.crc32(content[at + 4 : at + 8 + length])
        kinds.append(kind)
        at += 12 + length
    assert kinds[0] == b"IHDR"
    assert set(kinds[-4:-1]) <= {b"IDAT", b"iTXt", b"zTXt"}
    assert kinds.index(b"eXIf") < kinds.index(b"IDAT")


def test_chunks_that_may_be_copied_stay_and_others_are_said(tmp_path: Path) -> None:
    kept = [(b"sCAL", b"\x011\x001"), (b"vpAg", b"\0\0\0\x01\0\0\0\x01\0"), (b"prVt", b"private")]
    silent = [(b"tIME", b"\x07\xea\1\1\0\0\0"), (b"iDOT", bytes(28)), (b"orNT", b"\6")]
    content = with_chunks(tmp_path / "a.png", *kept, *silent, (b"prVW", b"a preview"), (b"pCAL", b"calibration"))
    metadata, warnings = read_metadata(content)
    assert warnings == (NOT_FOR_NEW_PIXELS.format("pCAL, prVW"),)
    assert [(piece.kind, piece.body[8:-4], piece.is_private) for piece in metadata.pieces] == [
        ("sCAL", kept[0][1], False),
        ("vpAg", kept[1][1], True),
        ("prVt", kept[2][1], True),
    ]
    assert read_metadata(file_with(tmp_path / "b.png", metadata)) == (metadata, ())


@pytest.mark.parametrize(
    ("bits", "is_kept"),
    [(b"\5\6\5", True), (b"\x08\x08\x08", True), (b"\x0c\x0c\x0c", False), (b"\5", False), (b"\0\5\5", False)],
)
def test_significant_bits_stay_where_the_channels_have_as_many(tmp_path: Path, bits: bytes, is_kept: bool) -> None:
    metadata, warnings = read_metadata(with_chunks(tmp_path / "a.png", (b"sBIT", bits)))
    assert warnings == ()
    lost = embed(bare_file(tmp_path / "b.png"), metadata)
    assert (b"sBIT" + bits in (tmp_path / "b.png").read_bytes()) == is_kept
    assert lost == (() if is_kept else ("its number of significant bits (sBIT) is left out: the output has other channels",))


ORIENTED = exif_block(orientation=6)


@pytest.mark.parametrize(
    "chunk",
    [
        (b"eXIf", ORIENTED),
        (b"eXIf", b"Exif\0\0" + ORIENTED),
        (b"zTXt", raw_profile(b"exif", b"Exif\0\0" + ORIENTED)),
        (b"zTXt", raw_profile(b"APP1", b"Exif\0\0" + ORIENTED)),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp_packet(' tiff:Orientation="6"')),
        (b"zTXt", raw_profile(b"xmp", xmp_packet("", "<tiff:Orientation>6</tiff:Orientation>"))),
    ],
    ids=["eXIf", "eXIf with prefix", "raw profile", "raw profile APP1", "XMP", "raw profile XMP"],
)
@pytest.mark.parametrize("is_behind", [False, True], ids=["before", "behind"])
def test_the_pixels_are_turned_by_what_becomes_1(tmp_path: Path, chunk: tuple[bytes, bytes], is_behind: bool) -> None:
    content = with_chunks(tmp_path / "a.png", chunk)
    plain = bare_file(tmp_path / "a.png").read_bytes()
    if is_behind:
        content = plain[:-12] + content[33 : 33 + len(content) - len(plain)] + plain[-12:]
    assert read_orientation(content) == 6
    photo = load_photo(content)
    np.testing.assert_array_equal(photo.pixels, np.rot90(load_photo(plain).pixels, -1))
    assert read_orientation(photo.to_bytes(".png")) == 1
