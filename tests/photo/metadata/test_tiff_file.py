from __future__ import annotations

import struct
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import tifffile
from PIL import Image

from deep_photo_enhancer.photo import load_photo
from deep_photo_enhancer.photo.metadata import Metadata, embed, read_metadata, read_orientation
from deep_photo_enhancer.photo.metadata.tree import Leaf
from deep_photo_enhancer.photo.metadata.tree import exif_block as exif_block_of
from tests.enhancing_fixtures import smooth_photo
from tests.photo.fuzz_samples import dng
from tests.photo.metadata.fixtures import (
    CAPTION,
    EVERYTHING,
    HEIGHT,
    MAKER_NOTE,
    NOT_FOR_NEW_PIXELS,
    RESOURCES,
    WIDTH,
    bare_file,
    exif_block,
    exif_of,
    file_with,
    xmp_packet,
)


def described(block: bytes | None) -> dict[str, object]:
    """What Pillow reads in a block."""
    assert block is not None
    exif = exif_of(block)
    below, gps = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
    return {
        "maker": exif[0x010F],
        "date": below[0x9003],
        "notes": below[0x927C],
        "width": below[0xA002],
        "place": (gps[1], gps[2]),
    }


EXPECTED = {"maker": "Maker", "date": "2020:01:02 03:04:05", "notes": MAKER_NOTE, "width": 4000, "place": ("N", (47, 22, 12.34))}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_exif_goes_into_a_tiff_and_out_whatever_the_byte_orders(tmp_path: Path, order: str, bigtiff: bool) -> None:
    content = file_with(tmp_path / "a.tif", Metadata(exif_block(order), xmp_packet(), RESOURCES), bigtiff=bigtiff)
    out, warnings = read_metadata(content)
    assert described(out.exif) == EXPECTED
    assert (out.xmp, out.iptc, warnings) == (xmp_packet(), RESOURCES, ())


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tifffile_reads_what_was_put_into_its_own_files(tmp_path: Path, order: Literal["<", ">"], big: bool) -> None:
    pixels = np.arange(HEIGHT * WIDTH * 3, dtype=np.uint16).reshape(HEIGHT, WIDTH, 3)
    tifffile.imwrite(
        tmp_path / "a.tif",
        pixels,
        photometric="rgb",
        byteorder=order,
        bigtiff=big,
        compression="zlib",
        rowsperstrip=3,
        metadata=None,
    )
    assert embed(tmp_path / "a.tif", EVERYTHING) == ()
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert len(file.pages) == 1
        page = file.pages.first
        np.testing.assert_array_equal(page.asarray(), pixels)
        assert page.tags["Make"].value == "Maker"
        exif, gps = page.tags["ExifTag"].value, page.tags["GPSTag"].value
        assert (exif["DateTimeOriginal"], exif["PixelXDimension"]) == ("2020:01:02 03:04:05", 4000)
        assert bytes(exif["MakerNote"]) == MAKER_NOTE
        assert (gps["GPSLatitudeRef"], gps["GPSLatitude"]) == ("N", (47, 1, 22, 1, 1234, 100))
        assert bytes(page.tags["XMP"].value) == EVERYTHING.xmp
        value = page.tags["IPTCNAA"].value
        record = struct.pack(f"{order}{len(value)}I", *value) if isinstance(value, tuple) else bytes(value)
        assert record.rstrip(b"\0") == CAPTION
        assert (page.imagewidth, page.imagelength) == (WIDTH, HEIGHT)
    assert described(read_metadata((tmp_path / "a.tif").read_bytes())[0].exif) == EXPECTED


def test_a_plain_tiff_has_nothing_to_tell(tmp_path: Path) -> None:
    assert read_metadata(bare_file(tmp_path / "a.tif").read_bytes()) == (Metadata(), ())


def test_tags_of_the_pixels_stay_out_of_the_block(tmp_path: Path) -> None:
    out, _ = read_metadata(file_with(tmp_path / "a.tif", EVERYTHING))
    exif = exif_of(out.exif or b"")
    assert not {0x0100, 0x0101, 0x0102, 0x0103, 0x0111, 0x0117, 0x02BC, 0x8649} & set(exif)


def raw_file(note_at: int) -> bytes:
    """A camera's RAW file: pixels' tags, maker notes at a certain place, and what else its first directory tells."""
    notes = b"the maker's own, which counts from the file's start"
    first = [(0x0100, 4, 1, 6000), (0x010F, 2, 4, int.from_bytes(b"Cam\0", "little")), (0x0111, 4, 1, 16), (0x0112, 3, 1, 8)]
    first.append((0x8769, 4, 1, 8 + 2 + 5 * 12 + 4))
    exif = [(0x829A, 5, 1, 140), (0x927C, 7, len(notes), note_at)]
    content = b"II*\0\x08\0\0\0" + directory(first) + directory(exif)
    content = content.ljust(140, b"\0") + struct.pack("<II", 1, 250)
    return content.ljust(note_at, b"\0") + notes


def directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    return struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)


@pytest.mark.parametrize("note_at", [150, 1000, 9001])
def test_maker_notes_of_a_raw_file_keep_their_place(note_at: int) -> None:
    content = raw_file(note_at)
    metadata, warnings = read_metadata(content)
    assert warnings == ()
    assert metadata.exif is not None
    assert metadata.exif[note_at:].startswith(content[note_at:])
    exif = exif_of(metadata.exif)
    assert (exif[0x010F], exif[0x0112], exif.get_ifd(0x8769)[0x829A]) == ("Cam", 8, 0.004)
    assert 0x0100 not in exif


def test_numbers_of_bigtiff_become_those_of_tiff() -> None:
    block = exif_block_of({0x010F: Leaf(16, struct.pack("<Q", 4000)), 0x0110: Leaf(17, struct.pack("<q", -5))}, "<")
    assert (exif_of(block)[0x010F], exif_of(block)[0x0110]) == (4000, -5)


def test_maker_notes_far_behind_are_moved_and_kept() -> None:
    content = raw_file(100_000)
    block = read_metadata(content)[0].exif
    assert block is not None
    assert len(block) < 300
    assert exif_of(block).get_ifd(0x8769)[0x927C] == content[100_000:]


@pytest.mark.parametrize("mark", [b"IIRO", b"IIRS", b"IIU\0"])
def test_olympus_and_panasonic_mark_their_files_otherwise(mark: bytes) -> None:
    assert exif_of(read_metadata(mark + raw_file(150)[4:])[0].exif or b"")[0x010F] == "Cam"


def test_directories_that_point_at_one_another_or_claim_gigabytes_are_left_out() -> None:
    content = raw_file(150)
    at = content.index(struct.pack("<HHI", 0x8769, 4, 1)) + 8
    looped = content[:at] + struct.pack("<I", 8) + content[at + 4 :]
    assert read_metadata(looped)[0].exif is not None
    outside = content[:at] + b"\xff\xff\xff\x7f" + content[at + 4 :]
    out, warnings = read_metadata(outside)
    assert exif_of(out.exif or b"")[0x010F] == "Cam"  # what can be read
    assert warnings == ("a part of its EXIF data is damaged and is left out",)
    entries = [(0x010E, 7, 1 << 20, 8), *((0x9C9B + number, 7, 1 << 20, 8) for number in range(5)), (0x0131, 7, 15 << 20, 8)]
    claims = (b"II*\0\x08\0\0\0" + directory(entries)).ljust(16 << 20, b"\0")
    assert read_metadata(claims) == (Metadata(), ("its EXIF data is damaged and is left out",))


@pytest.mark.parametrize("unit", [None, 1, 2, 3])
def test_a_resolution_keeps_its_own_numbers_and_unit(tmp_path: Path, unit: int | None) -> None:
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x011A], exif[0x011B] = 300.0, 240.0
    if unit is not None:
        exif[0x0128] = unit
    Image.new("RGB", (8, 6)).save(path, exif=exif)
    load_photo(path).save(tmp_path / "photo.tif")
    with tifffile.TiffFile(tmp_path / "photo.tif") as file:
        tags = file.pages[0].tags  # type: ignore[union-attr]
        assert [tags[name].value for name in ("XResolution", "YResolution")] == [(300, 1), (240, 1)]
        assert (tags["ResolutionUnit"].value if "ResolutionUnit" in tags else None) == unit


Tag = tuple[int, int, int, object, bool]
"""As tifffile takes it: number, type, count, value, in the first directory only."""
GEO: list[Tag] = [
    (33550, 12, 3, (0.5, 0.5, 0.0), True),
    (33922, 12, 6, (0.0, 0.0, 0.0, 440720.0, 3751320.0, 0.0), True),
    (34735, 3, 4, (1, 1, 0, 0), True),
    (34737, 2, 7, "UTM 11|", True),
]
OTHERS: list[Tag] = [(65000, 2, 6, "mine!", True), (65001, 7, 3, b"\1\2\3", True)]
OF_PIXELS: list[Tag] = [
    (37724, 7, 3, b"8BI", True),
    (42113, 2, 2, "0", True),
    (65002, 4, 1, 8, True),
]


def tiff_with(path: Path, tags: list[Tag]) -> bytes:
    tifffile.imwrite(path, np.zeros((20, 30, 3), np.uint8), photometric="rgb", metadata=None, extratags=tags)
    return path.read_bytes()


def test_tags_of_other_programs_stay_and_those_of_the_pixels_are_said(tmp_path: Path) -> None:
    metadata, warnings = read_metadata(tiff_with(tmp_path / "a.tif", [*GEO, *OTHERS, *OF_PIXELS]))
    assert warnings == (NOT_FOR_NEW_PIXELS.format("TIFF tags 37724, 42113, 65002"),)
    assert [piece.kind for piece in metadata.pieces] == ["GeoTIFF", "TIFF tags 65000, 65001"]
    file_with(tmp_path / "b.tif", metadata)
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        tags = file.pages[0].tags  # type: ignore[union-attr]
        assert [(tag, tags[tag].value) for tag, *_ in (*GEO, *OTHERS)] == [
            (tag, value) for tag, _, _, value, _ in (*GEO, *OTHERS)
        ]
        assert not {37724, 42113, 65002} & {tag.code for tag in tags}
    assert read_metadata((tmp_path / "b.tif").read_bytes())[0].pieces == metadata.pieces


def test_places_of_pixels_that_are_turned_do_not_hold(tmp_path: Path) -> None:
    content = tiff_with(tmp_path / "a.tif", [*GEO, (274, 3, 1, 6, True)])
    metadata, warnings = read_metadata(content)
    assert (metadata.pieces, warnings) == ((), (NOT_FOR_NEW_PIXELS.format("GeoTIFF"),))


def test_tags_of_raw_files_are_their_own() -> None:
    assert read_metadata(dng(smooth_photo(20, 30)))[1] == ()


@pytest.mark.parametrize(
    ("own", "expected"), [((274, 3, 1, 6, True), 6), ((274, 3, 1, 1, True), 1), ((65000, 2, 6, "mine!", True), 8)]
)
def test_the_files_own_orientation_goes_before_that_of_xmp(tmp_path: Path, own: Tag, expected: int) -> None:
    packet = xmp_packet(' tiff:Orientation="8"')
    content = tiff_with(tmp_path / "a.tif", [own, (700, 1, len(packet), packet, True)])
    assert read_orientation(content) == expected
    assert load_photo(content).size == ((30, 20) if expected == 1 else (20, 30))
