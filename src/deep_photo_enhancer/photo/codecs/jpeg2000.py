"""JPEG 2000, through Pillow and OpenJPEG."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np

from deep_photo_enhancer.photo.codecs.libraries import codec, decoding
from deep_photo_enhancer.photo.containers.bmff import contents, encode_box
from deep_photo_enhancer.photo.picture import Photo
from deep_photo_enhancer.photo.pixels import apart
from deep_photo_enhancer.photo.profiles import usable_profile
from deep_photo_enhancer.photo.source import PhotoSource

_COLOURS = {"L": 1, "LA": 1, "I;16": 1, "RGB": 3, "RGBA": 3}
_MOST_TILES = 1 << 14
_SIZES = b"\xff\x4f\xff\x51"
"""Start of a codestream, and the marker of its sizes (ITU-T T.800, A.5.1)."""


def decode(source: PhotoSource) -> Photo:
    """PhotoError when there is no photo in it that can be taken whole. Colours have 8 bits, greyscale up to 16."""
    plugin = codec("PIL.Jpeg2KImagePlugin", "JPEG 2000", source.name)
    data = source.everything()
    bits = _check_sizes(data, source)
    with decoding(source):
        picture = plugin.Jpeg2KImageFile(io.BytesIO(data))
        source.check_size(*picture.size)
        if picture.mode not in _COLOURS:
            raise source.refused(f"{picture.mode} pixels are not supported; save it as RGB")
        picture.load()
        everything = np.asarray(picture).reshape(picture.height, picture.width, -1)
    colours = _COLOURS[picture.mode]
    pixels, alpha = apart(everything, colours)
    lost = (f"its {bits} bits a channel were read as 8",) if bits > 8 and pixels.dtype == np.uint8 else ()
    return usable_profile(Photo(pixels, alpha, _profile(data), warnings=lost))


def with_profile(data: bytes, profile: bytes) -> bytes:
    """A JP2 file with this profile in place of the colour space that its header names (ITU-T T.800, I.5.3.3)."""
    result = b""
    for name, content in contents(data):
        if name == b"jp2h":
            content = b"".join(
                encode_box(inner, b"\2\0\0" + profile if inner == b"colr" else described)
                for inner, described in contents(content)
            )
        result += encode_box(name, content)
    return result


def encode(picture: Any, quality: int | None, profile: bytes | None) -> bytes:
    """A PIL picture as a JP2 file; lossless without a quality."""
    file = io.BytesIO()
    lossy = {"irreversible": True, "quality_mode": "dB", "quality_layers": [25 + quality / 4]} if quality is not None else {}
    picture.save(file, "JPEG2000", **lossy)
    return file.getvalue() if profile is None else with_profile(file.getvalue(), profile)


def _check_sizes(data: bytes, source: PhotoSource) -> int:
    """The bits a channel. PhotoError for more pixels, or more tiles, than can be wanted."""
    at = data.find(_SIZES)
    if at < 0 or at + 43 > len(data):
        raise source.damaged("its header is missing")
    right, bottom, left, top, tile_width, tile_height = struct.unpack_from(">6I", data, at + 8)
    source.check_size(max(0, right - left), max(0, bottom - top))
    if not tile_width or not tile_height or -(-right // tile_width) * -(-bottom // tile_height) > _MOST_TILES:
        raise source.damaged("its tiles are too small")
    return (data[at + 42] & 127) + 1


def _profile(data: bytes) -> bytes | None:
    header = next((content for name, content in contents(data) if name == b"jp2h"), b"")
    colour = next((content for name, content in contents(header) if name == b"colr" and content[:1] in (b"\2", b"\3")), b"")
    return colour[3:] or None
