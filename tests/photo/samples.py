"""Photos and files for the tests of formats."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import Photo, load_photo
from tests.enhancing_fixtures import out_of_profile, smooth_photo

RGB = smooth_photo(40, 52)
SMALL = smooth_photo(20, 30)
SMALL16 = np.random.default_rng(1).integers(0, 65536, (20, 30, 3), np.uint16)
DEEP = RGB.astype(np.uint16) * 257
PACKAGES = {".heic": "pillow_heif", ".heif": "pillow_heif", ".hif": "pillow_heif", ".jxl": "pillow_jxl", ".dng": "rawpy"}
"""Packages that the formats of these suffixes need beside libvips and Pillow."""


def needs(suffix: str) -> None:
    """Skip a test where the package for a format is not installed."""
    if suffix in PACKAGES:
        pytest.importorskip(PACKAGES[suffix])


def refusal(photo: Path | bytes, action: Callable[..., Any] = load_photo, **options: Any) -> str:
    """The message of the PhotoError: one line that begins with the name."""
    with pytest.raises(PhotoError) as caught:
        action(photo, **options)
    message = str(caught.value)
    assert message.startswith("the photo: " if isinstance(photo, bytes) else f"{photo}: ")
    assert "\n" not in message
    return message


def pil_bytes(pixels: Any, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def with_chunk(png: bytes, name: bytes, content: bytes) -> bytes:
    """A PNG with one more chunk after its header."""
    chunk = struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    return png[:33] + chunk + png[33:]


def with_colour_codes(avif: bytes, primaries: int, transfer: int) -> bytes:
    """An AVIF whose colour box names these codes of H.273; the box must be there."""
    at = avif.index(b"colrnclx") + 8
    return avif[:at] + struct.pack(">HH", primaries, transfer) + avif[at + 4 :]


def mean_difference(a: Photo, b: Photo) -> float:
    """Of the pixels, where white is 255."""
    return float(np.abs(_codes(a) - _codes(b)).mean())


def _codes(photo: Photo) -> Any:
    return photo.pixels * (255 / np.iinfo(photo.pixels.dtype).max)


def same_colours(profile: bytes | None, other: bytes) -> float:
    """The greatest difference of 8-bit sRGB codes between what two profiles say of the same pixels, by LittleCMS."""
    assert profile is not None
    return float(np.abs(out_of_profile(RGB, profile).astype(int) - out_of_profile(RGB, other)).max())


def grey_profile() -> bytes:
    tags = {b"wtpt": b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061), b"kTRC": b"curv\0\0\0\0\0\0\0\1\2\x33\0\0"}
    return _profile(b"mntr", b"GRAY", b"XYZ ", tags)


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": b"desc\0\0\0\0\0\0\0\2a\0" + bytes(78), b"cprt": b"text\0\0\0\0CC0\0", **tags}
    table, body, begin = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, begin + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4xI4s4s4s12s4s", begin + len(body), 0x02400000, kind, space, connection, bytes(12), b"acsp")
    return head + bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48) + table + body


def scanner_profile() -> bytes:
    """From RGB to XYZ only, by a table of 2 x 2 x 2 corners: XYZ of D50 is half as large as with sRGB's own primaries."""
    matrix = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
    corners = np.array([[r, g, b] for r in (0, 1) for g in (0, 1) for b in (0, 1)], float) @ matrix.T
    table = (corners * 32768).round().astype(">u2").tobytes()
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    line = struct.pack(">2H", 0, 65535)
    lut = b"mft2\0\0\0\0" + bytes([3, 3, 2, 0]) + identity + struct.pack(">2H", 2, 2) + line * 3 + table + line * 3
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    return _profile(b"scnr", b"RGB ", b"XYZ ", {b"wtpt": white, b"A2B0": lut})
