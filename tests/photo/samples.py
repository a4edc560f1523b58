"""Photos and files for the tests of formats."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import Photo, load_photo
from tests.enhancing_fixtures import smooth_photo

RGB = smooth_photo(40, 52)
DEEP = RGB.astype(np.uint16) * 257
PACKAGES = {".heic": "pillow_heif", ".heif": "pillow_heif", ".jxl": "pillow_jxl"}
"""Packages that the formats of these suffixes need beside libvips and Pillow."""


def needs(suffix: str) -> None:
    """Skip a test where the package for a format is not installed."""
    if suffix in PACKAGES:
        pytest.importorskip(PACKAGES[suffix])


def refusal(photo: Path | bytes, **options: Any) -> str:
    """The message of the PhotoError: one line that begins with the name."""
    with pytest.raises(PhotoError) as caught:
        load_photo(photo, **options)
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
