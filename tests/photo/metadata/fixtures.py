"""EXIF blocks, XMP packets and Photoshop resources put together byte by byte, and small files of every container."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from PIL import Image

from deep_photo_enhancer.photo.metadata import Metadata, embed
from tests.enhancing_fixtures import smooth_photo

MAKER_NOTE = bytes(range(200)) + b"the maker's own"
THUMBNAIL = b"\xff\xd8 an old thumbnail \xff\xd9"
LATITUDE = struct.pack("<6I", 47, 1, 22, 1, 1234, 100)
CAPTION = b"\x1c\x02\x78\x00\x05Hello"
RESOURCES = b"8BIM\x04\x04\0\0\0\0\0\x0a" + CAPTION + b"8BIM\x04\x25\0\0\0\0\0\x10" + b"d" * 16
WIDTH, HEIGHT = 30, 20
NOT_FOR_NEW_PIXELS = "its data from other programs ({}) is left out: it may not hold for the new pixels"

Values = dict[int, tuple[int, int, bytes | int]]
"""Tag to type, count and value: a number in the tag itself, or bytes after the directory."""


def exif_block(
    order: str = "<", orientation: int = 6, thumbnail: bytes = THUMBNAIL, maker_note: bytes = MAKER_NOTE, gps: bool = True
) -> bytes:
    """Make, size, orientation, maker notes, GPS position and thumbnail of a photo of 4000 x 3000."""
    first: Values = {
        0x0100: (4, 1, 4000),
        0x0101: (4, 1, 3000),
        0x010F: (2, 6, b"Maker\0"),
        0x0112: (3, 1, orientation),
        0x8769: (4, 1, 0),
    }
    if gps:
        first[0x8825] = (4, 1, 0)
    second: Values = {
        0x9003: (2, 20, b"2020:01:02 03:04:05\0"),
        0x927C: (7, len(maker_note), maker_note),
        0xA002: (3, 1, 4000),
        0xA003: (3, 1, 3000),
    }
    latitude = LATITUDE if order == "<" else np.frombuffer(LATITUDE, "<u4").astype(">u4").tobytes()
    third: Values = {0x0001: (2, 2, int.from_bytes(b"N\0", "little" if order == "<" else "big")), 0x0002: (5, 3, latitude)}
    if order == ">":
        third[0x0001] = (2, 2, int.from_bytes(b"N\0\0\0", "big"))
    second_at = 8 + len(_directory(order, 8, first, 0))
    third_at = second_at + len(_directory(order, second_at, second, 0))
    fourth_at = third_at + (len(_directory(order, third_at, third, 0)) if gps else 0)
    first[0x8769] = (4, 1, second_at)
    if gps:
        first[0x8825] = (4, 1, third_at)
    fourth: Values = {0x0103: (3, 1, 6), 0x0201: (4, 1, fourth_at + 2 + 3 * 12 + 4), 0x0202: (4, 1, len(thumbnail))}
    mark = b"II*\0" if order == "<" else b"MM\0*"
    block = mark + struct.pack(order + "I", 8) + _directory(order, 8, first, fourth_at if thumbnail else 0)
    block += _directory(order, second_at, second, 0)
    block += _directory(order, third_at, third, 0) if gps else b""
    return block + (_directory(order, fourth_at, fourth, 0) + thumbnail if thumbnail else b"")


def _directory(order: str, at: int, values: Values, following: int) -> bytes:
    data_at = at + 2 + 12 * len(values) + 4
    entries, data = b"", b""
    for tag, (kind, count, value) in sorted(values.items()):
        if isinstance(value, bytes):
            field = struct.pack(order + "I", data_at + len(data))
            data += value + bytes(len(value) % 2)
        else:
            field = struct.pack(order + ("Hxx" if kind == 3 else "I"), value)
        entries += struct.pack(order + "HHI", tag, kind, count) + field
    return struct.pack(order + "H", len(values)) + entries + struct.pack(order + "I", following) + data


def xmp_packet(attributes: str = "", properties: str = "") -> bytes:
    """A packet with a rating, and further attributes and elements of its only description."""
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmp:Rating="5"{attributes}>{properties}</rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>""".encode()


EVERYTHING = Metadata(exif_block(), xmp_packet(' tiff:Orientation="6"'), RESOURCES)


def bare_file(path: Path, **options: Any) -> Path:
    """A small picture in the format of the path's suffix, without metadata."""
    if path.suffix == ".jp2":
        path.write_bytes(boxes((b"jP  ", b"\r\n\x87\n"), (b"ftyp", b"jp2 \0\0\0\0jp2 "), (b"jp2c", b"\xff\x4f\xff\x51 pixels")))
    elif path.suffix == ".jxl":
        path.write_bytes(b"\xff\x0a pixels")
    else:
        image = pyvips.Image.new_from_array(smooth_photo(HEIGHT, WIDTH)).copy(interpretation="srgb")
        image.write_to_file(str(path), keep="icc", **options)
    return path


def boxes(*named: tuple[bytes, bytes]) -> bytes:
    return b"".join(struct.pack(">I4s", len(body) + 8, kind) + body for kind, body in named)


def file_with(path: Path, metadata: Metadata, **options: Any) -> bytes:
    """The bytes of a small picture with this metadata."""
    assert embed(bare_file(path, **options), metadata) == ()
    return path.read_bytes()


def pillow(data: bytes) -> Image.Image:
    """A file as Pillow reads it."""
    return Image.open(io.BytesIO(data))


def exif_of(block: bytes) -> Image.Exif:
    """EXIF as Pillow reads it."""
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + block)
    return exif
