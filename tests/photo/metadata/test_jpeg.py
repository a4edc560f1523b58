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
    NOT_FOR_NEW_PIXELS,
    RESOURCES,
    bare_file,
    exif_block,
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
        metadata, warnings = read_metadata(file_with(tmp_path / f"{number}.jpg", adapt_metadata(metadata, 30, 20, "no-gps")[0]))
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


def test_long_exif_goes_into_several_segments_and_comes_out_of_them(tmp_path: Path) -> None:
    block = exif_block(maker_note=bytes(range(250)) * 700)
    content = file_with(tmp_path / "a.jpg", Metadata(block))
    assert content.count(b"Exif\0\0") == 3
    assert read_metadata(content) == (Metadata(block), ())
    with pillow(content) as image:  # which puts the parts together, too
        assert image.getexif().get_ifd(0x8769)[0x927C] == bytes(range(250)) * 700


def test_a_second_exif_that_begins_anew_is_left_out_and_said() -> None:
    one, other = (0xE1, b"Exif\0\0" + exif_block("<")), (0xE1, b"Exif\0\0" + exif_block(">"))
    assert read_metadata(jpeg(one, other)) == (Metadata(exif_block("<")), (NOT_FOR_NEW_PIXELS.format("APP1 Exif"),))


OTHERS = [
    (0xE6, b"GoPro\0DEVC\0\1"),
    (0xE1, b"FLIR\0\1\0\1thermal"),
    (0xE3, b"Meta\0\0II*\0 Kodak"),
    (0xE2, b"FPXR\0\0\1"),
    (0xE7, b"\0\1\2 no name"),
    (0xEC, b"Ducky\0\1\0\4"),
]


def test_segments_of_other_programs_stay_byte_by_byte(tmp_path: Path) -> None:
    content = jpeg(*OTHERS, (0xEE, b"Adobe\0\x64\0\0\0\0\1"), (0xE0, b"JFXX\0\x10 thumbnail"), (0xE2, b"ICC_PROFILE\0\1\1"))
    metadata, warnings = read_metadata(content)
    assert warnings == ()
    assert [(piece.kind, piece.body) for piece in metadata.pieces] == [
        ("APP6 GoPro", segment(*OTHERS[0])),
        ("APP1 FLIR", segment(*OTHERS[1])),
        ("APP3 Meta", segment(*OTHERS[2])),
        ("APP2 FPXR", segment(*OTHERS[3])),
        ("APP7", segment(*OTHERS[4])),
        ("APP12 Ducky", segment(*OTHERS[5])),
    ]
    out = file_with(tmp_path / "a.jpg", adapt_metadata(metadata, 30, 20, "all")[0])
    assert b"".join(segment(*each) for each in OTHERS) in out
    assert read_metadata(out) == (metadata, ())


def test_without_gps_the_data_of_other_programs_go_too() -> None:
    metadata = read_metadata(jpeg(*OTHERS[:2]))[0]
    assert adapt_metadata(metadata, 30, 20, "no-gps") == (
        Metadata(),
        ("its data from other programs (APP1 FLIR, APP6 GoPro) is left out: it may say where the photo was taken",),
    )


def test_other_formats_have_no_place_for_segments(tmp_path: Path) -> None:
    metadata = read_metadata(jpeg(*OTHERS))[0]
    (warning,) = embed(bare_file(tmp_path / "a.png"), metadata)
    kinds = "APP1 FLIR, APP12 Ducky, APP2 FPXR, APP3 Meta, APP6 GoPro, ..."
    assert warning == f"its data from other programs ({kinds}) cannot be kept in PNG"


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
        (jpeg((0xEB, b"HDR_RI ver=11")), ("its HDR gain map is left out: the output is a standard photo",)),
        (jpeg((0xEB, b"JP\0\1\0\0\0\1 extended range")), (NOT_FOR_NEW_PIXELS.format("APP11 JP"),)),
        (jpeg((0xE8, b"SPIFF\0\1\0"), (0xE4, b"SCALADO\0")), (NOT_FOR_NEW_PIXELS.format("APP4 SCALADO, APP8 SPIFF"),)),
        (
            jpeg((0xEB, b"JP\0\1\0\0\0\1jumb c2pa"), (0xEB, b"JP\0\1\0\0\0\2jumb the rest")),
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
    content = file_with(tmp_path / "a.jpg", adapt_metadata(metadata, 30, 20, "no-gps")[0])
    assert b"GPS" not in content
    with pillow(content) as image:
        assert dict(image.getexif().get_ifd(0x8825)) == {}
        assert image.getexif()[0x010F] == "Maker"
