"""Whether a picture was cut off, by its frame alone, without decoding it."""

from __future__ import annotations

from deep_photo_enhancer.photo.containers import jpeg, png
from deep_photo_enhancer.photo.containers.bmff import boxes
from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data
from deep_photo_enhancer.photo.containers.detect import JXL_CODESTREAM, container_of
from deep_photo_enhancer.photo.containers.tiff import Directory, Tiff
from deep_photo_enhancer.photo.containers.webp import riff_end

_PICTURES = ({b"meta", b"mdat"}, {b"jp2c"}, {b"jxlc"}, {b"jxlp"})
"""The boxes that hold the picture, in HEIC and AVIF, in JP2, and in JPEG XL."""
_OFFSETS, _LENGTHS = (273, 324), (279, 325)
"""TIFF's tags of where its strips or tiles are, and how long."""


def ends_well(data: Data) -> bool | None:
    """Whether a file ends as its format prescribes; None for a JPEG XL codestream, whose end nothing marks.

    JPEG and JPEG 2000 codestreams by their last marker, PNG by its last chunk, WebP by the length in its header, HEIC, AVIF, JP2
    and JPEG XL by the lengths of their boxes, TIFF by the places of its strips or tiles. False for all other formats.
    """
    container = container_of(data[:16])
    if data[:2] == JXL_CODESTREAM:
        return None
    if container == "JPEG":
        return data[-2:] == jpeg.END_OF_IMAGE
    if container == "PNG":
        return data[-len(png.END) :] == png.END
    try:
        if container == "WebP":
            return riff_end(data) <= len(data) <= riff_end(data) + 1
        if container == "TIFF":
            return _strips_are_there(data)
    except DamagedError:
        return False
    return container in ("HEIF", "JPEG 2000", "JPEG XL") and _boxes_end_well(data)


def is_cut_off(data: Data) -> bool:
    """Whether a file that cannot be decoded lacks its end, whatever follows the picture."""
    if ends_well(data) is not False:
        return False
    container = container_of(data[:16])
    if container == "PNG":
        return data.rfind(png.END) < 0
    if container == "JPEG":
        scan = next((segment for segment in jpeg.segments(data) if segment.marker == jpeg.SCAN), None)
        return scan is None or jpeg.end_of_image(data, scan.end) is None
    return True


def _boxes_end_well(data: Data) -> bool:
    """Whether boxes fill the file and hold a picture; of a JPEG 2000 codestream, its last marker is there too."""
    found = list(boxes(data))
    if not found or found[-1].end != len(data):
        return False
    if found[-1].kind == b"jp2c" and data[-2:] != jpeg.END_OF_IMAGE:
        return False
    return any({box.kind for box in found} >= needed for needed in _PICTURES)


def _strips_are_there(data: Data) -> bool:
    """Of the first picture of a TIFF or BigTIFF."""
    tiff = Tiff(data)
    first = tiff.directory(tiff.first)
    if any(entry.value is None for entry in first.entries):
        return False
    offsets, lengths = _numbers(tiff, first, _OFFSETS), _numbers(tiff, first, _LENGTHS)
    whole = all(offset + length <= len(data) for offset, length in zip(offsets, lengths, strict=False))
    return bool(offsets) and len(offsets) == len(lengths) and whole


def _numbers(tiff: Tiff, directory: Directory, tags: tuple[int, ...]) -> list[int]:
    return [number for tag in tags for number in tiff.integers(directory.find(tag))]
