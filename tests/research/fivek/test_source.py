from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.research.fivek.source import UNTAGGED, Header, load_pixels, pair_size, read_header
from deep_photo_enhancer.research.fivek.splits import Task
from tests.enhancing_fixtures import in_profile, out_of_profile, smooth_photo
from tests.photo.fuzz_samples import dng
from tests.research.fivek.fixtures import PROPHOTO, cut_short, photo, write


def task(path: Path) -> Task:
    return Task(1, "inputs", "train", path, path.name)


def header(width: int, height: int) -> Header:
    return Header(width, height, 8, UNTAGGED)


def test_a_header_has_the_upright_size_the_bits_and_the_profile_s_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", photo(1), bits=16, profile=PROPHOTO)
    assert read_header(path) == Header(64, 48, 16, "ProPhoto RGB")
    assert read_header(write(tmp_path / "b.png", photo(1))) == Header(64, 48, 8, UNTAGGED)
    (tmp_path / "c.tif").write_bytes(b"no picture")
    assert read_header(tmp_path / "c.tif") is None


def test_a_profile_that_cannot_be_used_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", photo(1), profile=PROPHOTO)
    path.write_bytes(path.read_bytes().replace(b"rXYZ", b"\0\0\0\0"))
    found = read_header(path)
    assert found is not None
    assert not found.profile_is_usable


def test_prophoto_files_of_16_bits_become_srgb(tmp_path: Path) -> None:
    srgb = photo(1)
    tagged = write(tmp_path / "a.tif", srgb, bits=16, profile=PROPHOTO)
    codes = in_profile(srgb, PROPHOTO)
    error = np.abs(load_pixels(task(tagged), (64, 48)).astype(int) - out_of_profile(codes, PROPHOTO))
    assert (error.max() <= 4, error.mean() < 0.5) == (True, True)  # the dark end of a curve without a straight part
    untagged = write(tmp_path / "b.tif", codes, bits=16)
    assert np.abs(load_pixels(task(untagged), (64, 48)).astype(int) - srgb).max() > 20


def test_photos_are_averaged_down_to_the_wanted_size(tmp_path: Path) -> None:
    checks = np.zeros((48, 64, 3), np.uint8)
    checks[::2, ::2] = checks[1::2, 1::2] = 200
    pixels = load_pixels(task(write(tmp_path / "a.png", checks)), (32, 24))
    assert pixels.shape == (24, 32, 3)
    assert np.abs(pixels[2:-2, 2:-2].astype(int) - 100).max() <= 1


def test_a_tiff_that_is_cut_short_has_a_header_but_no_pixels(tmp_path: Path) -> None:
    path = cut_short(write(tmp_path / "a.tif", photo(1)))
    assert read_header(path) == Header(64, 48, 8, UNTAGGED)
    with pytest.raises(ValueError, match="cut short"):
        load_pixels(task(path), (32, 24))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_the_last_part_of_a_file_is_read_too(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a{suffix}", photo(1, height=96, width=128))
    assert load_pixels(task(path), (32, 24)).shape == (24, 32, 3)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 4 // 5])
    with pytest.raises(ValueError, match="cut short"):
        load_pixels(task(path), (32, 24))


def test_raw_files_are_developed_and_lose_the_sensor_s_margin(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    seen = smooth_photo(200, 304)
    (tmp_path / "a.dng").write_bytes(dng(seen))
    pixels = load_pixels(task(tmp_path / "a.dng"), (75, 50))  # 3 : 2, two columns less at each side
    assert pixels.shape == (50, 75, 3)
    expected = seen[2::4, 4:300:4][:, :74].astype(int)
    assert np.abs(pixels[5:-5, 5:-6].astype(int) - expected[5:-5, 5:-5]).mean() < 6


def test_a_raw_file_of_another_shape_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    content = dng(smooth_photo(200, 304))
    (tmp_path / "a.dng").write_bytes(content)
    with pytest.raises(ValueError, match="shape is not their label's"):
        load_pixels(task(tmp_path / "a.dng"), (50, 75))
    (tmp_path / "b.dng").write_bytes(content[:3000])
    with pytest.raises(ValueError, match="cut short"):
        load_pixels(task(tmp_path / "b.dng"), (75, 50))


@pytest.mark.parametrize(
    ("x", "y", "size"),
    [
        (header(4000, 3000), header(4000, 3000), (512, 384)),
        (header(512, 341), header(4288, 2848), (512, 340)),  # an exporter's rounding; 340.07
        (header(3000, 4000), header(600, 800), (384, 512)),
        (header(300, 200), header(3000, 2000), (300, 200)),
        (None, header(3000, 2000), (512, 341)),
        (header(4000, 3000), header(3000, 4000), None),
        (header(4000, 3000), header(4000, 2900), None),
    ],
)
def test_both_photos_of_a_pair_get_one_size(x: Header | None, y: Header, size: tuple[int, int] | None) -> None:
    found = pair_size(x, y, 512)
    if size is not None:
        assert found is not None
        assert max(abs(a - b) for a, b in zip(found, size, strict=True)) <= 1
        assert max(found) == max(size)
    else:
        assert found is None
