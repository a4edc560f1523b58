from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.photo import Photo, load_photo
from deep_photo_enhancer.photo.codecs import raw
from deep_photo_enhancer.photo.small_copies import upright_size
from tests.enhancing_fixtures import smooth_photo
from tests.photo.fuzz_samples import dng, samples
from tests.photo.samples import RGB, refusal


def test_raw_becomes_a_developed_picture(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    (tmp_path / "a.dng").write_bytes(dng(RGB))
    photo = load_photo(tmp_path / "a.dng")
    assert photo.pixels.dtype == np.uint16
    assert photo.pixels.shape == RGB.shape
    inside = slice(4, -4), slice(4, -4)
    assert np.abs(photo.pixels[inside] / 257 - RGB[inside]).mean() < 4
    assert load_photo(dng(RGB)).size == photo.size
    (tmp_path / "half.dng").write_bytes(dng(RGB)[:3000])
    assert "damaged" in refusal(tmp_path / "half.dng")


def test_ctrl_c_does_not_reach_the_process_that_develops(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    (tmp_path / "tells.py").write_text('import json, os\nprint(json.dumps({"error": f"group {os.getpgid(0)}"}))\n')
    monkeypatch.setattr(raw, "_PROCESS", tmp_path / "tells.py")
    said = refusal(dng(RGB))
    assert "(group " in said
    assert f"(group {os.getpgid(0)})" not in said  # a terminal sends the signal to the group in front


def test_a_raw_file_is_not_taken_for_its_thumbnail(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    Photo(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "thumbnail.tif")
    (tmp_path / "in.dng").write_bytes((tmp_path / "thumbnail.tif").read_bytes())
    assert "Unsupported file format or not RAW file" in refusal(tmp_path / "in.dng")


def test_a_raw_file_of_more_pixels_than_the_limit_is_refused() -> None:
    pytest.importorskip("rawpy")
    assert "64 x 48 pixels, more than the limit" in refusal(samples()["dng"], max_pixels=64 * 48 - 1)


def compressed(data: bytes) -> bytes:
    """A DNG that says that its mosaic is compressed as JPEG without loss (7), which it is not."""
    return data.replace(struct.pack("<HHII", 259, 3, 1, 1), struct.pack("<HHII", 259, 3, 1, 7))


def test_a_raw_file_of_which_nothing_can_be_developed_is_no_black_photo() -> None:
    pytest.importorskip("rawpy")
    assert "(hardly anything but black could be developed)" in refusal(compressed(dng(smooth_photo(240, 320))))


@pytest.mark.parametrize("missing", [1, 2, 1000, 40 * 52 * 2])
def test_a_raw_file_that_is_cut_off_is_refused_before_it_is_developed(tmp_path: Path, missing: int) -> None:
    pytest.importorskip("rawpy")
    (tmp_path / "a.dng").write_bytes(dng(RGB)[:-missing])
    assert "(it ends too early)" in refusal(tmp_path / "a.dng")
    assert "(it ends too early)" in refusal(tmp_path / "a.dng", upright_size)


def test_other_makers_files_that_are_cut_off_are_known_too() -> None:
    pytest.importorskip("rawpy")
    raf = b"FUJIFILMCCD-RAW 0201".ljust(100, b"\0") + struct.pack(">II", 200, 1000) + bytes(500)
    assert "(it ends too early)" in refusal(raf)
    cr3 = b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + b"\0\0\4\0mdat" + bytes(500)
    assert "(it ends too early)" in refusal(cr3)
