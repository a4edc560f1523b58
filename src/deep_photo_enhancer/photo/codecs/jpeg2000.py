"""JPEG 2000, through Pillow and OpenJPEG."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from deep_photo_enhancer.photo.codecs.libraries import decoding, library, pillow_image
from deep_photo_enhancer.photo.containers.bmff import boxes, contents, encode_box
from deep_photo_enhancer.photo.picture import (
    EIGHT_BITS,
    Header,
    Picture,
    SaveOptions,
    divide_by_alpha,
    round_to_8_bits,
    split_alpha,
    turn_upright,
)
from deep_photo_enhancer.photo.profiles import usable_profile
from deep_photo_enhancer.photo.source import PhotoSource

_COLOURS = {"L": 1, "LA": 1, "I;16": 1, "RGB": 3, "RGBA": 3}
_MOST_TILES = 1 << 14
_SIZES = b"\xff\x4f\xff\x51"
"""Start of a codestream, and the marker of its sizes (ITU-T T.800, A.5.1)."""


def decode(source: PhotoSource) -> Picture:
    """Colours have 8 bits, greyscale up to 16."""
    data = source.everything()
    picture, bits = _open(data, source)
    with decoding(source):
        picture.load()
        channels = np.asarray(picture).reshape(picture.height, picture.width, -1)
    pixels, alpha = split_alpha(turn_upright(channels, source.orientation), _COLOURS[picture.mode])
    if alpha is not None and _is_premultiplied(data):
        pixels = divide_by_alpha(pixels, alpha)
    lost = (f"its {bits} bits a channel were read as 8",) if bits > 8 and pixels.dtype == np.uint8 else ()
    return usable_profile(Picture(pixels, alpha, _profile(data), warnings=lost))


def header(source: PhotoSource) -> Header:
    width, height = _open(source.everything(), source)[0].size
    return Header((width, height) if source.orientation < 5 else (height, width))


def encode(picture: Picture, options: SaveOptions, file: Path, name: str) -> tuple[str, ...]:
    """Lossless unless a quality is given."""
    deep = picture.pixels.dtype == np.uint16 and (picture.pixels.shape[2] == 3 or picture.alpha is not None)
    target, quality = io.BytesIO(), options.quality
    lossy = {"irreversible": True, "quality_mode": "dB", "quality_layers": [25 + quality / 4]} if quality is not None else {}
    pillow_image(round_to_8_bits(picture) if deep else picture, name).save(target, "JPEG2000", **lossy)
    data = target.getvalue()
    file.write_bytes(data if picture.profile is None else with_profile(data, picture.profile))
    return (EIGHT_BITS.format("JPEG 2000"),) if deep else ()


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


def _open(data: bytes, source: PhotoSource) -> tuple[Any, int]:
    """Pillow's picture, not yet decoded, and its bits a channel."""
    plugin = library("PIL.Jpeg2KImagePlugin", "JPEG 2000", source.name)
    bits = _check_sizes(data, source)
    with decoding(source):
        picture = plugin.Jpeg2KImageFile(io.BytesIO(data))
        source.check_size(*picture.size)
        if picture.mode not in _COLOURS:
            raise source.refusal(f"{picture.mode} pixels are not supported; save it as RGB")
    return picture, bits


def _check_sizes(data: bytes, source: PhotoSource) -> int:
    """The bits a channel. PhotoError for more pixels, or more tiles, than can be wanted."""
    at = 0 if data.startswith(_SIZES) else next((box.body for box in boxes(data) if box.kind == b"jp2c"), len(data))
    if data[at : at + 4] != _SIZES or at + 43 > len(data):
        raise source.damage("its header is missing")
    right, bottom, left, top, tile_width, tile_height = struct.unpack_from(">6I", data, at + 8)
    source.check_size(max(0, right - left), max(0, bottom - top))
    if not tile_width or not tile_height or -(-right // tile_width) * -(-bottom // tile_height) > _MOST_TILES:
        raise source.damage("its tiles are too small")
    return (data[at + 42] & 127) + 1


def _is_premultiplied(data: bytes) -> bool:
    """Whether a channel is transparency that the colours are multiplied by (ITU-T T.800, I.5.3.6)."""
    channels = next((content for name, content in _header_boxes(data) if name == b"cdef"), b"")
    return any(kind == 2 for _, kind, _ in struct.iter_unpack(">3H", channels[2 : len(channels) - (len(channels) - 2) % 6]))


def _header_boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    return contents(next((content for name, content in contents(data) if name == b"jp2h"), b""))


def _profile(data: bytes) -> bytes | None:
    colour = next((content for name, content in _header_boxes(data) if name == b"colr" and content[:1] in (b"\2", b"\3")), b"")
    return colour[3:] or None
