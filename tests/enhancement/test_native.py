from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.enhancement.models import Model, load_model
from deep_photo_enhancer.enhancement.native import AFTER, BEFORE, GRID, enhance_native, native_y_fake, windows
from deep_photo_enhancer.enhancement.split import Amounts, blend
from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.photo import Photo
from deep_photo_enhancer.photo.spaces import Space, from_srgb
from tests.enhancing_fixtures import icc_profile, noise, smooth_photo

SMALL = np.random.default_rng(1).random((192, 256, 3), np.float32)


@pytest.fixture(scope="module")
def model() -> Model:
    """The bundled one."""
    return load_model(threads=1)


@pytest.mark.parametrize("side", [1, 15, 16, 17, 143, 144, 160, 161, 401, 4000, 6001])
@pytest.mark.parametrize("step", [16, 256, 1024])
def test_windows_cover_a_side_and_hold_what_each_part_needs(side: int, step: int) -> None:
    cut = windows(side, step)
    mirrored = -(-side // 16) * 16
    assert [pixel for part, _ in cut for pixel in range(part.start, part.stop)] == list(range(side))
    assert len({window.stop - window.start for _, window in cut}) == 1
    for part, window in cut:
        assert window.start % GRID == window.stop % GRID == 0
        assert 0 <= window.start <= max(0, part.start - BEFORE)
        assert min(mirrored, part.stop + AFTER) <= window.stop <= mirrored
        assert window.stop - window.start <= step + BEFORE + AFTER


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_pixels_are_rounded_and_clipped_and_keep_their_depth(model: Model, dtype: type) -> None:
    white = np.iinfo(dtype).max
    pixels: NDArray[Any] = (noise(4, 70, 90, 3).astype(np.float64) / 255 * white).astype(dtype)
    ((_, y_fake),) = native_y_fake(model, pixels, SMALL)
    enhanced = enhance_native(model, Photo(pixels), SMALL)
    assert enhanced.dtype == dtype
    np.testing.assert_array_equal(enhanced, (y_fake * np.float32(white) + np.float32(0.5)).clip(0, white).astype(dtype))
    assert {0, white} <= set(enhanced.ravel().tolist())


def test_strength_scales_the_change(model: Model) -> None:
    pixels = noise(5, 70, 90, 3)
    ((_, y_fake),) = native_y_fake(model, pixels, SMALL)
    np.testing.assert_array_equal(enhance_native(model, Photo(pixels), SMALL, Amounts(0)), pixels)
    for strength in (0.5, 2):
        wanted = pixels + strength * (y_fake.astype(np.float64) * 255 - pixels)
        difference = enhance_native(model, Photo(pixels), SMALL, Amounts(strength)) - wanted.clip(0, 255)
        assert abs(difference).max() < 0.501


def test_light_and_colour_are_scaled_apart(model: Model) -> None:
    pixels = noise(5, 70, 90, 3) // 2 + 40
    ((_, y_fake),) = native_y_fake(model, pixels, SMALL)
    wanted = blend(pixels / np.float32(255), y_fake, Amounts(1, 0.5, 1.5)).clip(0, 1) * 255
    assert abs(enhance_native(model, Photo(pixels), SMALL, Amounts(1, 0.5, 1.5)) - wanted).max() < 0.51


def test_greyscale_stays_grey_by_the_mean_of_the_channels(model: Model) -> None:
    grey = noise(6, 70, 90, 1)
    small = SMALL[..., :1]
    ((_, y_fake),) = native_y_fake(model, np.repeat(grey, 3, 2), np.repeat(small, 3, 2))
    enhanced = enhance_native(model, Photo(grey), small)
    assert enhanced.shape == grey.shape
    wanted = y_fake.clip(0, 1).mean(2, keepdims=True) * 255
    assert abs(enhanced - wanted).max() < 0.51


def test_a_photo_in_p3_is_enhanced_as_it_would_be_in_srgb_and_stays_in_p3(model: Model) -> None:
    pixels = smooth_photo(80, 96).astype(np.uint16) * 257
    profile = icc_profile("p3")
    codes = (from_srgb((pixels / 65535).astype(np.float32), profile) * 65535 + 0.5).astype(np.uint16)
    plain = enhance_native(model, Photo(pixels), SMALL)
    there = enhance_native(model, Photo(codes, profile=profile), from_srgb(SMALL, profile))
    back = Space(profile).to_srgb(there.astype(np.float32) / 65535)
    assert abs(back - plain / 65535).mean() < 1 / 255


def test_the_global_features_are_those_of_the_small_copy(model: Model) -> None:
    pixels = noise(7, 64, 64, 3)
    same = enhance_native(model, Photo(pixels), SMALL) == enhance_native(model, Photo(pixels), SMALL**4)
    assert not same.all()


def test_a_file_of_one_size_is_refused(model_files: dict[str, Path]) -> None:
    with pytest.raises(ModelError, match="its network is of one size; write it again with this version's `dpe export`") as caught:
        enhance_native(load_model(model_files["lift"]), Photo(noise(8, 64, 64, 3)), SMALL)
    assert str(caught.value).startswith(f"{model_files['lift']}: ")
    with pytest.raises(ModelError, match="its network is of one size"):
        Enhancer(model_files["lift"], method="native")
