from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest

from deep_photo_enhancer.photo.metadata import Metadata, adapt_metadata, embed, read_metadata
from tests.enhancing_fixtures import jpeg_bytes, smooth_photo
from tests.photo.metadata.fixtures import (
    CAPTION,
    EVERYTHING,
    RESOURCES,
    bare_file,
    exif_block,
    exif_of,
    file_with,
    pillow,
    xmp_packet,
)

PLAIN = jpeg_bytes(smooth_photo(20, 30))
MOTION = ' xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:MotionPhoto="1"'
MPF = b"MPF\0II*\0\x08\0\0\0\0\0\0\0\0\0"


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg(*segments: tuple[int, bytes], trailer: bytes = b"") -> bytes:
    return PLAIN[:2] + b"".join(segment(*each) for each in segments) + PLAIN[2:] + trailer


def xmp_of(attributes: str) -> tuple[int, bytes]:
    return 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp_packet(attributes)


def test_segments_stand_where_exif_wants_them(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(PLAIN)
    embed(tmp_path / "a.jpg", EVERYTHING)
    content = (tmp_path / "a.jpg").read_bytes()
    assert content[:4] == b"\xff\xd8\xff\xe0"
    assert content[20:24] == b"\xff\xe1" + struct.pack(">H", len(exif_block()) + 8)
    assert content.index(b"Exif\0\0") < content.index(b"ns.adobe.com/xap/1.0/\0") < content.index(b"Photoshop 3.0\0")
    with pillow(content) as image:
        assert image.info["photoshop"][0x0404] == CAPTION


@pytest.mark.parametrize("metadata", [EVERYTHING, Metadata()])
def test_a_resolution_stands_in_a_header_before_everything_else(tmp_path: Path, metadata: Metadata) -> None:
    file = bare_file(tmp_path / "a.jpg")
    assert file.read_bytes()[2:4] != b"\xff\xe0"
    assert embed(file, metadata, (300 / 25.4, 150 / 25.4)) == ()
    with pillow(file.read_bytes()) as image:
        assert image.info["jfif_density"] == (300, 150)
        assert image.info["dpi"] == (300, 150)
    assert read_metadata(file.read_bytes()) == (metadata, ())


def test_comments_are_carried() -> None:
    assert read_metadata(jpeg((0xFE, b"caf\xe9"), (0xFE, b"two")))[0].texts == (("COM", b"caf\xe9"), ("COM", b"two"))


def test_comments_are_written(tmp_path: Path) -> None:
    texts = (("COM", b"one"), ("COM", b"two"))
    content = file_with(tmp_path / "a.jpg", Metadata(texts=texts))
    assert read_metadata(content)[0].texts == texts
    with pillow(content) as image:
        assert image.info["comment"] == b"two"


def test_a_long_packet_comes_out_as_it_went_in_but_for_where_its_properties_stand(tmp_path: Path) -> None:
    long = "<xmp:Nickname>" + "a long story " * 15_000 + "</xmp:Nickname>"
    content = file_with(tmp_path / "a.jpg", Metadata(xmp=xmp_packet("", long)))
    assert content.count(b"http://ns.adobe.com/xmp/extension/\0") == 3
    out, warnings = read_metadata(content)
    assert warnings == ()
    assert out.xmp is not None
    assert (out.xmp.count(b"a long story "), out.xmp.count(b'Rating="5"')) == (15_000, 1)
    file_with(tmp_path / "b.png", out)
    with pillow((tmp_path / "b.png").read_bytes()) as image:
        nickname = ElementTree.fromstring(image.info["xmp"].decode()).find(".//{http://ns.adobe.com/xap/1.0/}Nickname")
    assert nickname is not None
    assert nickname.text == "a long story " * 15_000


def test_a_long_packet_goes_through_jpegs_again_and_again(tmp_path: Path) -> None:
    metadata = Metadata(xmp=xmp_packet("", "<xmp:Nickname>" + "a long story " * 15_000 + "</xmp:Nickname>"))
    lengths = []
    for number in range(4):
        metadata, warnings = read_metadata(file_with(tmp_path / f"{number}.jpg", adapt_metadata(metadata, 30, 20, "no-gps")))
        assert warnings == ()
        assert metadata.xmp is not None
        assert metadata.xmp.count(b"a long story ") == 15_000
        lengths.append(len(metadata.xmp))
    assert lengths[-1] < lengths[0] + 3000


def test_a_long_packet_with_a_part_missing_keeps_its_main_part(tmp_path: Path) -> None:
    long = "<xmp:Nickname>" + "a long story " * 15_000 + "</xmp:Nickname>"
    content = file_with(tmp_path / "a.jpg", Metadata(xmp=xmp_packet("", long)))
    first = content.index(b"http://ns.adobe.com/xmp/extension/\0") - 4
    (length,) = struct.unpack_from(">H", content, first + 2)
    out, warnings = read_metadata(content[:first] + content[first + 2 + length :])
    assert warnings == ("the second part of its XMP data is damaged and is left out",)
    assert out.xmp is not None
    assert b'Rating="5"' in out.xmp
    assert b"HasExtendedXMP" not in out.xmp


def test_long_resources_go_into_several_segments(tmp_path: Path) -> None:
    path = b"8BIM\x07\xd0\0\0" + struct.pack(">I", 150_000) + bytes(range(250)) * 600
    content = file_with(tmp_path / "a.jpg", Metadata(iptc=RESOURCES + path))
    assert content.count(b"Photoshop 3.0\0") == 3
    assert read_metadata(content)[0].iptc == RESOURCES + path


def test_exif_that_is_too_long_loses_its_maker_notes_and_says_so(tmp_path: Path) -> None:
    file = bare_file(tmp_path / "a.jpg")
    assert embed(file, Metadata(exif_block(maker_note=bytes(70_000)))) == (
        "the camera maker's notes in its EXIF data are left out: too long for a JPEG",
    )
    exif = exif_of(read_metadata(file.read_bytes())[0].exif or b"")
    assert (exif[0x010F], exif.get_ifd(0x8769)[0x9003]) == ("Maker", "2020:01:02 03:04:05")


@pytest.mark.parametrize(
    ("content", "warnings"),
    [
        (jpeg(xmp_of(MOTION), trailer=b"\0\0\0\x18ftypmp42 and a video"), ("the video of its motion photo is left out",)),
        (jpeg(trailer=b"\0\0MotionPhoto_Data and a video"), ("the video of its motion photo is left out",)),
        (
            jpeg(xmp_of(' xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'), (0xE2, MPF), trailer=PLAIN),
            ("its HDR gain map is left out: the output is a standard photo",),
        ),
        (
            jpeg((0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0")),
            ("its HDR gain map is left out: the output is a standard photo",),
        ),
        (jpeg((0xE2, MPF), trailer=PLAIN), ("the further pictures in the file are left out",)),
        (jpeg((0xE2, MPF)), ()),
        (
            jpeg(xmp_of(' xmlns:g="http://ns.google.com/photos/1.0/depthmap/" g:Near="1"')),
            ("its depth map is left out",),
        ),
        (
            jpeg((0xEB, b"JP\0\1\0\0\0\1jumb c2pa")),
            ("its content credentials are left out: they vouch for the old pixels only",),
        ),
        (jpeg(trailer=b"nineteen more bytes"), ("19 bytes after the picture are left out",)),
        (jpeg(trailer=bytes(100)), ()),
        (jpeg(), ()),
    ],
)
def test_what_lies_beside_the_picture_is_told(content: bytes, warnings: tuple[str, ...]) -> None:
    metadata, said = read_metadata(content)
    assert said == warnings
    for claim in (b"MotionPhoto", b"hdrgm:Version", b"g:Near"):
        assert claim not in (metadata.xmp or b"")


def test_the_end_of_a_thumbnail_is_not_the_end_of_the_picture() -> None:
    thumbnail = jpeg_bytes(smooth_photo(8, 8))
    assert read_metadata(jpeg((0xE1, b"Exif\0\0" + exif_block(thumbnail=thumbnail))))[1] == ()
    assert read_metadata(jpeg_bytes(smooth_photo(64, 64), progressive=True, quality=100))[1] == ()


def test_without_gps_no_block_knows_the_place(tmp_path: Path) -> None:
    metadata = Metadata(exif_block(), xmp_packet(' exif:GPSLatitude="47,22.2N"'), RESOURCES)
    content = file_with(tmp_path / "a.jpg", adapt_metadata(metadata, 30, 20, "no-gps"))
    assert b"GPS" not in content
    with pillow(content) as image:
        assert dict(image.getexif().get_ifd(0x8825)) == {}
        assert image.getexif()[0x010F] == "Maker"
