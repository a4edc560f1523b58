from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement import native
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.enhancement.models import Floats, Model, load_model
from deep_photo_enhancer.enhancement.native import AFTER, BEFORE, GRID, enhance_native, native_y_fake, windows
from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.photo import Photo
from deep_photo_enhancer.photo.spaces import Space, from_srgb
from deep_photo_enhancer.training.export import export_network
from tests.enhancing_fixtures import icc_profile, noise, smooth_photo
from tests.training.test_export import SIZE, random_network

SMALL = np.random.default_rng(1).random((48, SIZE, 3), np.float32)


@pytest.fixture(scope="module", params=[True, False], ids=["global-features", "plain"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A random network in which each path counts."""
    network = random_network(0, request.param)
    details = {"network": network.config.to_dict(), "description": "a random network"}
    return load_model(export_network(network, tmp_path_factory.mktemp("native") / "model.onnx", details), threads=1)


def in_one_pass(model: Model, pixels: NDArray[Any]) -> Floats:
    """The whole photo, mirrored up to a multiple of 16, by the global features of SMALL."""
    height, width = pixels.shape[:2]
    x = np.pad(pixels / np.float32(255), ((0, -height % 16), (0, -width % 16), (0, 0)), mode="symmetric")
    square = np.pad(SMALL, ((0, SIZE - SMALL.shape[0]), (0, 0), (0, 0)), mode="symmetric")
    return model.part(x.astype(np.float32), model.global_features(square))[:height, :width]


def in_parts(model: Model, pixels: NDArray[Any], step: int) -> Floats:
    y_fake = np.full(pixels.shape, np.nan, np.float32)
    for part, y in native_y_fake(model, pixels, SMALL, step):
        assert np.isnan(y_fake[part]).all()  # each pixel once
        y_fake[part] = y
    return y_fake


@pytest.mark.parametrize(("height", "width", "step"), [(401, 613, 128), (201, 177, 16), (7, 233, 64)])
def test_a_photo_in_parts_is_the_photo_in_one_pass(model: Model, height: int, width: int, step: int) -> None:
    pixels = noise(height, height, width, 3)
    expected = in_one_pass(model, pixels)
    np.testing.assert_allclose(in_parts(model, pixels, step), expected, atol=1e-5)
    assert expected.std() > 0.1


@pytest.mark.parametrize(("before", "after"), [(BEFORE - GRID, AFTER), (BEFORE, AFTER - GRID)])
def test_windows_with_less_around_them_would_have_seams(
    model: Model, monkeypatch: pytest.MonkeyPatch, before: int, after: int
) -> None:
    monkeypatch.setattr(native, "BEFORE", before)
    monkeypatch.setattr(native, "AFTER", after)
    pixels = noise(2, 208, 400, 3)
    assert abs(in_parts(model, pixels, 64) - in_one_pass(model, pixels)).max() > 1e-4


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("place", "first", "last"), [(207, 128, 287), (208, 144, 287), (223, 144, 303)])
def test_a_pixel_reaches_as_far_as_the_layers_say(model: Model, axis: int, place: int, first: int, last: int) -> None:
    """A block of 16 pixels of the output takes 79 pixels before it and 64 after it: so says the module's own account."""
    shape = (32, 400, 3) if axis else (400, 32, 3)
    x = np.random.default_rng(3).random(shape, np.float32)
    given = model.global_features(np.zeros((SIZE, SIZE, 3), np.float32))
    changed = x.copy()
    changed[(slice(None), place) if axis else place] += 50
    change = abs(model.part(changed, given) - model.part(x, given)).max((1 - axis, 2))
    reached = np.flatnonzero(change)
    assert (reached.min(), reached.max()) == (first, last)


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
    np.testing.assert_array_equal(enhance_native(model, Photo(pixels), SMALL, 0), pixels)
    for strength in (0.5, 2):
        wanted = pixels + strength * (y_fake.astype(np.float64) * 255 - pixels)
        difference = enhance_native(model, Photo(pixels), SMALL, strength) - wanted.clip(0, 255)
        assert abs(difference).max() < 0.501


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
    assert same.all() != (model.details["network"]["architecture"] == "global-unet")


def test_a_file_of_one_size_is_refused(model_files: dict[str, Path]) -> None:
    with pytest.raises(ModelError, match="its network is of one size; write it again with this version's `dpe export`") as caught:
        enhance_native(load_model(model_files["lift"]), Photo(noise(8, 64, 64, 3)), SMALL)
    assert str(caught.value).startswith(f"{model_files['lift']}: ")
    with pytest.raises(ModelError, match="its network is of one size"):
        Enhancer(model_files["lift"], method="native")
