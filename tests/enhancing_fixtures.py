"""Photos, colour profiles and EXIF blocks for the tests of the enhancing wing."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image

Colours = NDArray[np.uint8]


def smooth_photo(height: int = 60, width: int = 90) -> Colours:
    """Ramps between 0.1 and 0.8, another one in each channel: nothing that `lift` or `gains` would clip."""
    rows, columns = np.mgrid[0:height, 0:width]
    rows, columns = rows / max(height - 1, 1), columns / max(width - 1, 1)
    photo = np.stack([0.1 + 0.7 * columns, 0.1 + 0.7 * rows, 0.8 - 0.35 * (rows + columns)], 2)
    return (photo * 255).round().astype(np.uint8)


def noise(seed: int, *shape: int) -> Colours:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def icc_profile(name: str) -> bytes:
    """Bytes of one of libvips' own profiles: "p3", "srgb" or "cmyk"."""
    pixel = pyvips.Image.black(1, 1, bands=3).copy(interpretation="srgb")
    profile: bytes = pixel.icc_transform(name).get("icc-profile-data")
    return profile


def in_profile(srgb: Colours, profile: bytes) -> Colours:
    """The codes that stand for the same colours in a profile's space; by LittleCMS through Pillow."""
    from PIL import ImageCms

    space = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    there = ImageCms.profileToProfile(Image.fromarray(srgb), ImageCms.createProfile("sRGB"), space)
    assert there is not None
    return np.asarray(there)


def out_of_profile(codes: Colours, profile: bytes) -> Colours:
    """The inverse of `in_profile`."""
    from PIL import ImageCms

    space = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    back = ImageCms.profileToProfile(Image.fromarray(codes), space, ImageCms.createProfile("sRGB"))
    assert back is not None
    return np.asarray(back)


def exif_block(orientation: int, thumbnail: bytes) -> bytes:
    """EXIF with a maker, an orientation and a thumbnail, byte by byte."""
    maker = b"Maker\0"
    maker_at = 8 + 2 + 2 * 12 + 4
    second_at = maker_at + len(maker)
    thumbnail_at = second_at + 2 + 3 * 12 + 4
    first = _directory([(0x10F, 2, len(maker), maker_at), (0x112, 3, 1, orientation)], following=second_at)
    second = _directory([(0x103, 3, 1, 6), (0x201, 4, 1, thumbnail_at), (0x202, 4, 1, len(thumbnail))], following=0)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + first + maker + second + thumbnail


def _directory(entries: Sequence[tuple[int, int, int, int]], following: int) -> bytes:
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


def jpeg_bytes(pixels: Colours, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", **options)
    return stream.getvalue()


def opened(path: Path) -> Image.Image:
    """A file as Pillow reads it, with no file left open."""
    return Image.open(io.BytesIO(path.read_bytes()))
