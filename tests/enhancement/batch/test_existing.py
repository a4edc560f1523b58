from __future__ import annotations

import io
import os
import time
from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.enhancement.batch.existing import STALE, is_complete, remove_unfinished
from deep_photo_enhancer.photo import Photo
from deep_photo_enhancer.photo.containers.endings import ends_well
from deep_photo_enhancer.system.files import atomic_write
from tests.enhancing_fixtures import jpeg_bytes, noise

COLOUR = Photo(noise(0, 30, 40, 3))
DEEP = Photo(COLOUR.pixels.astype(np.uint16) * 257)


def ends(data: bytes) -> bool | None:
    return ends_well(io.BytesIO(data), len(data))


@pytest.mark.parametrize("photo", [COLOUR, DEEP], ids=["8 bits", "16 bits"])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
def test_what_is_written_ends_well_and_no_part_of_it_does(suffix: str, photo: Photo) -> None:
    data = photo.to_bytes(suffix)
    assert ends(data)
    lengths = {*range(400), *range(0, len(data) - 1, len(data) // 100)} - {len(data)}
    assert not [length for length in sorted(lengths) if ends(data[:length])]


def box(name: bytes, content: bytes, length: int | None = None) -> bytes:
    return (8 + len(content) if length is None else length).to_bytes(4, "big") + name + content


def test_boxes_fill_the_file() -> None:
    start = box(b"ftyp", b"heic") + box(b"meta", b"")
    assert not ends(start)  # without the picture itself
    assert ends(start + box(b"mdat", b"x" * 100))
    assert not ends(start + box(b"mdat", b"x" * 100)[:-1])
    assert not ends(start + box(b"mdat", b"x" * 100) + b"more")
    long = (1).to_bytes(4, "big") + b"mdat" + (16 + 50).to_bytes(8, "big") + b"x" * 50
    assert ends(start + long)
    assert not ends(start + long[:-1])
    assert not ends(start + box(b"mdat", b"", 4))  # shorter than its own header


def test_the_last_box_may_have_no_length() -> None:
    start = box(b"jP  ", b"\r\n\x87\n")
    assert ends(start + box(b"jp2c", b"\xff\x4f stream \xff\xd9", 0))
    assert not ends(start + box(b"jp2c", b"\xff\x4f stream", 0))


def test_a_big_tiff_of_the_other_byte_order(tmp_path: Path) -> None:
    import tifffile

    tifffile.imwrite(tmp_path / "a.tif", COLOUR.pixels, bigtiff=True, byteorder=">", tile=(16, 16))
    data = (tmp_path / "a.tif").read_bytes()
    assert data[:4] == b"MM\0+"
    assert ends(data)
    assert not ends(data[:-1])


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8\xff", b"II*\0", b"II*\0\xff\xff\xff\xff", b"RIFF", b"GIF89a", b"Dear diary, " * 9]
)
def test_what_is_no_picture_does_not_end_well(data: bytes) -> None:
    assert not ends(data)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A finished output and its photo."""
    source, output = tmp_path / "in.jpg", tmp_path / "out.jpg"
    for path in (source, output):
        path.write_bytes(jpeg_bytes(COLOUR.pixels))
    os.utime(source, ns=(10**18, 10**18 + 1))
    os.utime(output, ns=(10**18, 10**18 + 2))
    return output, source


def test_an_output_is_complete_when_it_is_whole_and_not_older_than_its_photo(pair: tuple[Path, Path]) -> None:
    output, source = pair
    assert is_complete(output, source)
    os.utime(output, ns=(10**18, 10**18 + 1))
    assert is_complete(output, source)  # with --keep-times
    os.utime(source, ns=(10**18, 10**18 + 2))
    assert not is_complete(output, source)


def test_times_that_a_file_system_rounded_down_count_as_kept(pair: tuple[Path, Path]) -> None:
    output, source = pair
    os.utime(output, ns=(10**18, 10**18))
    os.utime(source, ns=(10**18, 10**18 + 1_999_999_999))
    assert is_complete(output, source)
    os.utime(source, ns=(10**18, 10**18 + 2_000_000_001))
    assert not is_complete(output, source)


def test_what_is_cut_off_empty_missing_or_no_file_is_not_complete(pair: tuple[Path, Path]) -> None:
    output, source = pair
    whole = output.read_bytes()
    for content in (whole[:-1], whole[: len(whole) // 2], b""):
        output.write_bytes(content)
        assert not is_complete(output, source)
    output.unlink()
    assert not is_complete(output, source)
    output.mkdir()
    assert not is_complete(output, source)


def test_a_link_to_the_photo_itself_is_not_its_output(pair: tuple[Path, Path]) -> None:
    output, source = pair
    output.unlink()
    output.symlink_to(source)
    assert not is_complete(output, source)


def test_a_jpeg_xl_codestream_is_decoded(pair: tuple[Path, Path]) -> None:
    pytest.importorskip("pillow_jxl")
    output, source = pair
    whole = COLOUR.to_bytes(".jxl")
    assert ends(whole) is None
    output.write_bytes(whole)
    assert is_complete(output, source)
    output.write_bytes(whole[: len(whole) // 2])
    assert not is_complete(output, source)


def test_what_killed_runs_left_is_removed_after_a_minute_and_nothing_else(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "a.jpg") as unfinished:
        left = tmp_path / unfinished.name
        os.link(unfinished, tmp_path / "kept")
    os.link(tmp_path / "kept", left)
    fresh = tmp_path / ".b-00000000.part"
    others = [tmp_path / name for name in ("a-12345678.part", ".a.part", ".a-12345678.jpg", "kept")]
    for path in [fresh, *others[:-1]]:
        path.touch()
    now = time.time()
    for path in [left, *others]:
        os.utime(path, (now - STALE - 5, now - STALE - 5))
    os.utime(fresh, (now, now))
    remove_unfinished(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "a.jpg", fresh, *others])
    remove_unfinished(tmp_path / "not there yet")
