from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.photo import Photo
from deep_photo_enhancer.photo.containers.endings import ends_well
from tests.enhancing_fixtures import noise

COLOUR = Photo(noise(0, 30, 40, 3))
DEEP = Photo(COLOUR.pixels.astype(np.uint16) * 257)


@pytest.mark.parametrize("photo", [COLOUR, DEEP], ids=["8 bits", "16 bits"])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
def test_what_is_written_ends_well_and_no_part_of_it_does(suffix: str, photo: Photo) -> None:
    data = photo.to_bytes(suffix)
    assert ends_well(data)
    lengths = {*range(400), *range(0, len(data) - 1, len(data) // 100)} - {len(data)}
    assert not [length for length in sorted(lengths) if ends_well(data[:length])]


def box(name: bytes, content: bytes, length: int | None = None) -> bytes:
    return (8 + len(content) if length is None else length).to_bytes(4, "big") + name + content


def test_boxes_fill_the_file() -> None:
    start = box(b"ftyp", b"heic") + box(b"meta", b"")
    assert not ends_well(start)  # without the picture itself
    assert ends_well(start + box(b"mdat", b"x" * 100))
    assert not ends_well(start + box(b"mdat", b"x" * 100)[:-1])
    assert not ends_well(start + box(b"mdat", b"x" * 100) + b"more")
    long = (1).to_bytes(4, "big") + b"mdat" + (16 + 50).to_bytes(8, "big") + b"x" * 50
    assert ends_well(start + long)
    assert not ends_well(start + long[:-1])
    assert not ends_well(start + box(b"mdat", b"", 4))  # shorter than its own header


def test_the_last_box_may_have_no_length() -> None:
    start = box(b"jP  ", b"\r\n\x87\n")
    assert ends_well(start + box(b"jp2c", b"\xff\x4f stream \xff\xd9", 0))
    assert not ends_well(start + box(b"jp2c", b"\xff\x4f stream", 0))


def test_a_big_tiff_of_the_other_byte_order(tmp_path: Path) -> None:
    import tifffile

    tifffile.imwrite(tmp_path / "a.tif", COLOUR.pixels, bigtiff=True, byteorder=">", tile=(16, 16))
    data = (tmp_path / "a.tif").read_bytes()
    assert data[:4] == b"MM\0+"
    assert ends_well(data)
    assert not ends_well(data[:-1])


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8\xff", b"II*\0", b"II*\0\xff\xff\xff\xff", b"RIFF", b"GIF89a", b"Dear diary, " * 9]
)
def test_what_is_no_picture_does_not_end_well(data: bytes) -> None:
    assert not ends_well(data)


def test_the_end_of_a_jpeg_xl_codestream_cannot_be_told() -> None:
    assert ends_well(b"\xff\x0a pixels") is None
