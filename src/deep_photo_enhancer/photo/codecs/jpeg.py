"""JPEG. Quality and chroma subsampling are read from a file's tables, so that the output is compressed alike."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pyvips

from deep_photo_enhancer.photo.codecs import libvips
from deep_photo_enhancer.photo.containers.bytes import Data
from deep_photo_enhancer.photo.containers.jpeg import END_OF_IMAGE, FRAMES, TABLES, lacks_only_end, segments
from deep_photo_enhancer.photo.formats import FORMATS, JPEG
from deep_photo_enhancer.photo.picture import Header, JpegEncoding, Picture, SaveOptions
from deep_photo_enhancer.photo.source import PhotoSource

LOWEST_QUALITY = 75
"""A JPEG of lower quality is not repeated with its own: what its blocks show would show twice as much."""

# fmt: off
_LUMINANCE = np.array([
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40,
    26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51,
    56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
    95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
], np.float64)
# fmt: on
"""The quantisation table of quality 50 (ITU-T T.81, table K.1), in the order of the file."""


def decode(source: PhotoSource) -> Picture:
    _check_sides(source)
    source = _add_missing_end(source)
    picture = libvips.picture_of(libvips.open_image(source, "jpegload"))
    with source.content() as data:
        return replace(picture, encoding=jpeg_encoding(data))


def header(source: PhotoSource) -> Header:
    _check_sides(source)
    source = _add_missing_end(source)
    image = libvips.open_image(source, "jpegload")
    return libvips.header_of(image, partial(_reduce, source, image))


def encode(picture: Picture, options: SaveOptions, file: Path, _name: str) -> tuple[str, ...]:
    """With the quality and the chroma of the JPEG that came in; transparent places become white."""
    own = picture.encoding or JpegEncoding(FORMATS[JPEG].quality or 0, half_chroma=False)
    return libvips.save(
        picture,
        "jpegsave",
        file,
        Q=options.quality or max(own.quality, LOWEST_QUALITY),
        subsample_mode="on" if own.half_chroma else "off",
        background=[int(np.iinfo(picture.pixels.dtype).max)],
    )


def _check_sides(source: PhotoSource) -> None:
    """PhotoError for sides between what libjpeg reads and what JPEG can name."""
    with source.content() as data:
        frame = next((data[segment.body : segment.end] for segment in segments(data) if segment.marker in FRAMES), b"")
    height, width = struct.unpack(">HH", frame[1:5]) if len(frame) >= 5 else (0, 0)
    longest = FORMATS[JPEG].longest or 0
    if max(height, width) > longest:
        raise source.refusal(f"{width} x {height} pixels are more than can be read of a JPEG, {longest} a side; save it as PNG")


def _add_missing_end(source: PhotoSource) -> PhotoSource:
    """The photo with its end, where the file lacks nothing else.

    Bits behind the last one of a picture change nothing; behind one that was cut off, they are taken for pixels.
    """
    with source.content() as data:
        if not lacks_only_end(data):
            return source
        picture = data[:].rstrip(b"\xff")
    ended, *disturbed = (replace(source, path=None, data=picture + more + END_OF_IMAGE) for more in (b"", *_noises(picture)))
    as_it_is = _digest(ended)
    return ended if all(_digest(each) == as_it_is for each in disturbed) else source


def _noises(picture: bytes) -> Iterator[bytes]:
    """Bits that are no picture's, and such between restart markers, of which the first is the one that would come next."""
    bits = [bytes([start] + [254 - start * number * number % 251 for number in range(500)]) for start in (0, 85, 170, 254)]
    yield from bits
    restarts = [bytes([0xFF, 0xD0 + number]) for number in range(8)]
    last = max(range(8), key=lambda number: picture.rfind(restarts[number]))
    for begin in {0, last + 1}:
        yield b"".join(restarts[(begin + number) % 8] + bits[1] for number in range(16))


def _digest(source: PhotoSource) -> bytes:
    return hashlib.blake2b(libvips.open_image(source, "jpegload").write_to_memory()).digest()


def _reduce(source: PhotoSource, whole: pyvips.Image, factor: float) -> pyvips.Image:
    """libjpeg averages 2, 4 or 8 pixels, plainly: twice as many as needed are left for a better filter."""
    shrink = next((shrink for shrink in (8, 4, 2) if factor >= 2 * shrink), 1)
    return whole if shrink == 1 else libvips.open_image(source, "jpegload", shrink=shrink)


def jpeg_encoding(data: Data) -> JpegEncoding | None:
    """Read a JPEG's header; None when it lacks what is needed."""
    table: bytes | None = None
    frame: bytes | None = None
    for segment in segments(data):
        if segment.marker == TABLES:
            table = _luminance_table(data[segment.body : segment.end]) or table
        elif segment.marker in FRAMES:
            frame = data[segment.body : segment.end]
        if table is not None and frame is not None:
            break
    if table is None or frame is None or len(frame) < 6 + 3 * frame[5]:
        return None
    return JpegEncoding(quality_of(np.frombuffer(table, np.uint8)), _halved(frame))


def quality_of(table: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> int:
    """The quality, 1 to 100, on the scale of the Independent JPEG Group whose luminance table is nearest: the median of 64.

    jcparam.c of libjpeg: an entry of quality q is that of table K.1, times 50 / q below 50 and (100 - q) / 50 above.
    """
    if (table == 1).all():
        return 100
    scale = float(np.sort(table / _LUMINANCE)[31:33].mean())  # the median, for which NumPy would import much
    quality = 100 - 50 * scale if scale <= 1 else 50 / scale
    return int(np.clip(round(quality), 1, 100))


def _luminance_table(content: bytes) -> bytes | None:
    at = 0
    while at < len(content):
        precision, number = divmod(content[at], 16)
        size = 128 if precision else 64
        if number == 0:
            table = content[at + 1 : at + 1 + size]
            return (
                (table if size == 64 else bytes(min(255, value) for value in struct.unpack(">64H", table)))
                if len(table) == size
                else None
            )
        at += 1 + size
    return None


def _halved(frame: bytes) -> bool:
    """Whether colour has half the resolution of brightness or less, both across and down."""
    factors = [(frame[at] >> 4, frame[at] & 15) for at in range(7, 6 + 3 * frame[5], 3)]
    return len(factors) == 3 and factors[0][0] >= 2 * factors[1][0] > 0 and factors[0][1] >= 2 * factors[1][1] > 0
