from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import Photo, load_photo
from deep_photo_enhancer.photo.source import PhotoSource
from tests.photo.samples import refusal

GROWTH = """
import sys
from deep_photo_enhancer.photo import load_photo

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

load_photo(sys.argv[2])
before = peak()
print(load_photo(sys.argv[1]).pixels.nbytes // 1024, peak() - before)
"""
"""Kilobytes of a photo's pixels, and those that loading it takes at its peak, once the libraries are loaded."""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_loading_takes_the_pixels_memory_and_not_the_files_too(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 65536, (2000, 3000, 3), np.uint16)  # which nothing compresses
    Photo(noise).save(tmp_path / f"a{suffix}")
    Photo(noise[:20, :20]).save(tmp_path / f"small{suffix}")
    assert (tmp_path / f"a{suffix}").stat().st_size > noise.nbytes
    command = [sys.executable, "-c", GROWTH, str(tmp_path / f"a{suffix}"), str(tmp_path / f"small{suffix}")]
    pixels, growth = map(int, subprocess.run(command, capture_output=True, check=True, text=True).stdout.split())
    assert pixels <= growth < 1.8 * pixels


def test_a_source_gives_its_content_from_memory_and_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"content")
    for photo in (b"content", tmp_path / "a.jpg"):
        with PhotoSource.of(photo, None, 1).content() as data:
            assert data[:] == b"content"


def test_a_missing_file(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "nothing.jpg")
    assert "cannot read this file" in refusal(tmp_path / ("long" * 100 + ".jpg"))


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


def test_pipes_and_devices_are_no_photos(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "is a pipe or a device" in refusal(tmp_path / "pipe.jpg")
    assert "is a pipe or a device" in refusal(Path("/dev/zero"))


def test_no_bytes_and_the_name_that_messages_use() -> None:
    assert "there is nothing in it" in refusal(b"")
    with pytest.raises(PhotoError, match=r"^standard input: "):
        load_photo(b"nonsense", name="standard input")


def test_names_that_no_file_can_have() -> None:
    assert "cannot read this file" in refusal(Path("a\0b.jpg"))
    assert "no such file" in refusal(Path(__file__) / "below-a-file.jpg")
