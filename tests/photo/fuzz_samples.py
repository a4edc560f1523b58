"""A small photo in every format that is read, and damage to it."""

from __future__ import annotations

import io
import struct
from functools import lru_cache
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.photo import Photo

Colours = NDArray[np.uint8]


@lru_cache(maxsize=1)
def samples() -> dict[str, bytes]:
    """Files by the names of their kinds; the kinds whose packages are installed."""
    photo = _photo()
    deep = Photo(photo.pixels.astype(np.uint16) * 257)
    found = {kind: photo.to_bytes(f".{kind}") for kind in ("jpg", "png", "tif", "webp", "avif")}
    found |= {f"{kind}-16": deep.to_bytes(f".{kind}") for kind in ("png", "tif", "avif")}
    if find_spec("PIL"):
        found |= {"jp2": photo.to_bytes(".jp2"), "jpg-progressive": _progressive(photo.pixels)}
    if find_spec("pillow_heif"):
        found |= {"heic": photo.to_bytes(".heic"), "heic-10": deep.to_bytes(".heic")}
    if find_spec("pillow_jxl"):
        found |= {"jxl": photo.to_bytes(".jxl"), "jxl-of-jpg": _profiled(photo).to_bytes(".jxl")}
    if find_spec("rawpy"):
        found["dng"] = dng(photo.pixels)
    return found


def _photo() -> Photo:
    rows, columns = np.arange(48)[:, None] / 64 * np.ones(64), np.ones((48, 1)) * np.arange(64) / 64
    waves = np.sin(9 * rows * columns)
    colours = np.stack([columns, rows, (1 + waves) / 2], 2)
    return Photo((255 * colours).round().astype(np.uint8))


def _progressive(pixels: Colours) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", progressive=True)
    return file.getvalue()


def _profiled(photo: Photo) -> Photo:
    import pyvips

    pixel = pyvips.Image.black(1, 1, bands=3).copy(interpretation="srgb")
    return Photo(photo.pixels, profile=pixel.icc_transform("p3").get("icc-profile-data"))


def dng(pixels: Colours) -> bytes:
    """(H, W, 3), both sides even, as a camera with sRGB's primaries would have seen them: a mosaic of 16 bits (DNG 1.4)."""
    linear = (pixels / 255.0) ** 2.2
    mosaic = np.empty(pixels.shape[:2], np.uint16)
    for row, column, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        mosaic[row::2, column::2] = (linear[row::2, column::2, channel] * 65535).round()
    from_xyz = [3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570]
    height, width, _ = pixels.shape
    rational = b"".join(struct.pack("<ii", round(10000 * value), 10000) for value in from_xyz)
    entries: list[tuple[int, int, int, bytes]] = [
        (0xFE, 4, 1, struct.pack("<I", 0)),
        (0x100, 4, 1, struct.pack("<I", width)),
        (0x101, 4, 1, struct.pack("<I", height)),
        (0x102, 3, 1, struct.pack("<H", 16)),
        (0x103, 3, 1, struct.pack("<H", 1)),
        (0x106, 3, 1, struct.pack("<H", 32803)),
        (0x10F, 2, 6, b"Maker\0"),
        (0x110, 2, 6, b"Model\0"),
        (0x111, 4, 1, b"DATA"),
        (0x112, 3, 1, struct.pack("<H", 1)),
        (0x115, 3, 1, struct.pack("<H", 1)),
        (0x116, 4, 1, struct.pack("<I", height)),
        (0x117, 4, 1, struct.pack("<I", mosaic.nbytes)),
        (0x11C, 3, 1, struct.pack("<H", 1)),
        (0x828D, 3, 2, struct.pack("<HH", 2, 2)),
        (0x828E, 1, 4, bytes([0, 1, 1, 2])),
        (0xC612, 1, 4, bytes([1, 4, 0, 0])),
        (0xC614, 2, 12, b"Maker Model\0"),
        (0xC61A, 3, 1, struct.pack("<H", 0)),
        (0xC61D, 3, 1, struct.pack("<H", 65535)),
        (0xC621, 10, 9, rational),
        (0xC628, 5, 3, struct.pack("<6I", 1, 1, 1, 1, 1, 1)),
        (0xC65A, 3, 1, struct.pack("<H", 21)),
    ]
    return _tiff(entries, mosaic.astype("<u2").tobytes())


def _tiff(entries: list[tuple[int, int, int, bytes]], pixels: bytes) -> bytes:
    """One directory, then the values that do not fit into it, then the pixels, to which the value DATA points."""
    begin = 8 + 2 + 12 * len(entries) + 4
    pixels_at = begin + sum(len(value) + len(value) % 2 for *_, value in entries if len(value) > 4)
    directory, values = struct.pack("<H", len(entries)), b""
    for tag, kind, count, value in entries:
        if len(value) > 4:
            place = struct.pack("<I", begin + len(values))
            values += value + b"\0" * (len(value) % 2)
        else:
            place = struct.pack("<I", pixels_at) if value == b"DATA" else value.ljust(4, b"\0")
        directory += struct.pack("<HHI", tag, kind, count) + place
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 0) + values + pixels


def mutate(data: bytes, seed: int) -> bytes:
    """The bytes with one to three changes."""
    rng = np.random.default_rng(seed)
    changed = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        _change(changed, rng)
    return bytes(changed)


def _change(data: bytearray, rng: np.random.Generator) -> None:
    if len(data) < 16:
        return
    at = int(rng.integers(0, len(data) - 8) if rng.random() < 0.5 else rng.integers(0, min(len(data) - 8, 512)))
    kind = rng.integers(0, 5)
    if kind == 0:
        data[at] ^= 1 << int(rng.integers(0, 8))
    elif kind == 1:
        del data[at + 4 :]
    elif kind == 2:  # a length, or another number, that cannot be true
        value = int(rng.choice([0, 1, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF]))
        size = int(rng.choice([1, 2, 4]))
        data[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, "big" if rng.random() < 0.5 else "little")
    elif kind == 3:
        data[at : at + 8] = rng.bytes(8)
    else:
        end = at + int(rng.integers(1, 64))
        data[at:at] = data[at:end]
