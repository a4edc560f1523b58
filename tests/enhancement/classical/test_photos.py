"""Classical methods through Enhancer and `dpe enhance`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from deep_photo_enhancer.enhancement import enhancer as enhancer_module
from deep_photo_enhancer.enhancement.classical import CLASSICAL
from deep_photo_enhancer.enhancement.classical.photos import ROWS, enhance_classical
from deep_photo_enhancer.enhancement.enhancer import METHODS, Enhancer
from deep_photo_enhancer.enhancement.split import Amounts
from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.photo import Photo
from deep_photo_enhancer.photo.spaces import Space, from_srgb
from tests.cli.test_cli import dpe, one_line
from tests.enhancing_fixtures import icc_profile, noise, opened, smooth_photo

PHOTO = smooth_photo(60, 90) // 2 + 40


def as_float(pixels: NDArray[Any]) -> NDArray[np.float32]:
    return (pixels / np.float32(np.iinfo(pixels.dtype).max)).astype(np.float32)


def lighter(x: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    return x ** np.float32(0.5)


@pytest.mark.parametrize("method", CLASSICAL)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_array_is_enhanced_by_the_function_and_keeps_its_depth(method: str, dtype: type) -> None:
    pixels: NDArray[Any] = PHOTO.astype(dtype) * dtype(257 if dtype == np.uint16 else 1)
    enhanced = Enhancer(method=method)(pixels)
    white = np.iinfo(dtype).max
    assert enhanced.dtype == dtype
    assert abs(enhanced - CLASSICAL[method](as_float(pixels)).astype(np.float64) * white).max() < 0.51 + white * 1e-6
    assert (enhanced != pixels).mean() > 0.3


@pytest.mark.parametrize("method", CLASSICAL)
def test_no_model_is_loaded(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enhancer_module, "load_model", None)
    enhancer = Enhancer(method=method)
    assert enhancer(PHOTO).shape == PHOTO.shape
    assert enhancer.model is None
    with pytest.raises(ModelError, match=f"the method {method} works without a model"):
        enhancer.small(Photo(PHOTO))


@pytest.mark.parametrize("method", CLASSICAL)
def test_strength_0_is_the_photo_bit_by_bit(method: str) -> None:
    pixels = noise(0, 20, 30, 4)
    np.testing.assert_array_equal(Enhancer(method=method)(pixels, 0), pixels)


def test_strength_scales_the_change_over_all_rows() -> None:
    photo = Photo(noise(1, ROWS + 9, 6, 3))
    x = as_float(photo.pixels)
    for strength in (0.5, 1.0, 2.0):
        wanted = np.clip(x + strength * (np.sqrt(x) - x), 0, 1) * 255
        assert abs(enhance_classical(lighter, photo, Amounts(strength)) - wanted).max() < 0.51


def test_grey_stays_grey_and_alpha_stays() -> None:
    grey = PHOTO[..., 0]
    enhanced = Enhancer(method="npea")(grey)
    assert enhanced.shape == grey.shape
    np.testing.assert_array_equal(enhanced, Enhancer(method="npea")(np.stack([grey] * 3, 2))[..., 0])
    with_alpha = np.concatenate([PHOTO, noise(2, 60, 90, 1)], 2)
    enhanced = Enhancer(method="clhe")(with_alpha)
    np.testing.assert_array_equal(enhanced[..., 3], with_alpha[..., 3])
    np.testing.assert_array_equal(enhanced[..., :3], Enhancer(method="clhe")(PHOTO))


def test_a_photo_in_p3_is_enhanced_as_it_would_be_in_srgb_and_stays_in_p3() -> None:
    profile = icc_profile("p3")
    pixels = PHOTO.astype(np.uint16) * 257
    codes = (from_srgb(as_float(pixels), profile) * 65535 + 0.5).astype(np.uint16)
    there = enhance_classical(lighter, Photo(codes, profile=profile))
    back = Space(profile).to_srgb(as_float(there))
    assert abs(back - np.sqrt(as_float(pixels))).mean() < 2e-4
    assert abs(there - np.sqrt(as_float(codes)) * 65535).mean() > 100  # not as if P3 were sRGB


# dpe enhance


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.fromarray(PHOTO).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.mark.parametrize("method", CLASSICAL)
def test_the_command_takes_each_method(method: str, photo: Path, tmp_path: Path) -> None:
    result = dpe("enhance", photo, "-o", tmp_path / "out.png", "--method", method, "--report", tmp_path / "report.json")
    assert (result.exit_code, result.stderr) == (0, "")
    np.testing.assert_array_equal(np.asarray(opened(tmp_path / "out.png")), Enhancer(method=method)(PHOTO))
    run = json.loads((tmp_path / "report.json").read_text())
    assert (run["method"], run["model"], run["model_description"], run["device"]) == (method, None, None, None)


def test_the_command_knows_all_methods_and_no_others(photo: Path, tmp_path: Path) -> None:
    result = dpe("enhance", photo, "-o", tmp_path / "out.png", "--method", "hdr")
    assert result.exit_code == 2
    assert all(f"'{method}'" in result.stderr for method in METHODS)


@pytest.mark.parametrize("option", [("--model", "natural"), ("--device", "cpu")])
def test_a_model_or_device_that_would_not_be_used_is_refused(option: tuple[str, str], photo: Path, tmp_path: Path) -> None:
    result = dpe("enhance", photo, "-o", tmp_path / "out.png", "--method", "clhe", *option)
    assert one_line(result, 2) == f"Error: --method clhe works without a model; leave out {option[0]}"
    assert not (tmp_path / "out.png").exists()
