from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.photo import Photo, load_photo
from deep_photo_enhancer.photo.codecs import raw
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
    assert "LibRaw" in refusal(tmp_path / "half.dng")


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
