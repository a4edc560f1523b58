from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement import affine
from deep_photo_enhancer.enhancement.affine import BAND_ROWS, apply_affine, fit_affine
from deep_photo_enhancer.enhancement.kernel import IS_COMPILED, compiled, plain
from deep_photo_enhancer.enhancement.kernel.grid import Grid
from deep_photo_enhancer.enhancement.kernel.plain import TILE_COLUMNS
from tests.enhancing_fixtures import noise, smooth_photo

Array = NDArray[Any]


def random_transforms(seed: int, height: int, width: int) -> Array:
    """Small departures from the identity, so that nothing is clipped in the middle of the range."""
    rng = np.random.default_rng(seed)
    return (np.eye(3, 4) + rng.uniform(-0.05, 0.05, (height, width, 3, 4))).astype(np.float32)


def middle_codes(seed: int, height: int, width: int, dtype: Any) -> Array:
    white = np.iinfo(dtype).max
    return np.random.default_rng(seed).integers(white // 4, white * 3 // 4, (height, width, 3), dtype)


def slow_reference(transforms: Array, pixels: Array, strength: float = 1.0) -> Array:
    """Pixel by pixel in float64: bilinear with half-pixel centres, constant beyond the outermost centres; not rounded."""
    coarse_height, coarse_width = transforms.shape[:2]
    height, width = pixels.shape[:2]
    white = np.iinfo(pixels.dtype).max
    result = np.empty(pixels.shape)
    for i in range(height):
        y = min(max((i + 0.5) * coarse_height / height - 0.5, 0), coarse_height - 1)
        top = int(y)
        bottom = min(top + 1, coarse_height - 1)
        for j in range(width):
            x = min(max((j + 0.5) * coarse_width / width - 0.5, 0), coarse_width - 1)
            left = int(x)
            right = min(left + 1, coarse_width - 1)
            upper = transforms[top, left] * (1 - (x - left)) + transforms[top, right] * (x - left)
            lower = transforms[bottom, left] * (1 - (x - left)) + transforms[bottom, right] * (x - left)
            here = upper * (1 - (y - top)) + lower * (y - top)
            colour = pixels[i, j] / white
            changed = here[:, :3] @ colour + here[:, 3]
            result[i, j] = (colour + strength * (changed - colour)) * white
    return np.clip(result, 0, white)


# Applying


@pytest.fixture(params=[compiled, plain], autouse=True)
def each_kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(affine, "apply_rows", request.param.apply_rows)


def test_the_compiled_kernel_is_the_one_in_use() -> None:
    assert IS_COMPILED


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("coarse", "fine"), [((5, 7), (70, 301)), ((64, 43), (17, 13)), ((1, 9), (130, 40))])
def test_both_kernels_agree(channels: int, dtype: Any, coarse: tuple[int, int], fine: tuple[int, int]) -> None:
    rng = np.random.default_rng(8)
    transforms = (np.eye(channels, channels + 1) + rng.normal(0, 0.3, (*coarse, channels, channels + 1))).astype(np.float32)
    pixels = rng.integers(0, np.iinfo(dtype).max, (*fine, channels), dtype, endpoint=True)
    grid = Grid.of(transforms, pixels, 0.8)
    results = [np.zeros_like(pixels) for _ in range(2)]
    for kernel, result in zip((compiled, plain), results, strict=True):
        kernel.apply_rows(grid, pixels, result, 0, fine[0])
    difference = abs(results[0].astype(int) - results[1])
    assert difference.max() <= 1  # where float32 rounds the other way
    assert (difference > 0).mean() < 0.02


def test_a_view_of_every_other_pixel_is_taken_and_written_to() -> None:
    transforms, pixels = random_transforms(9, 3, 4), middle_codes(10, 20, 30, np.uint8)
    expected = apply_affine(transforms, np.ascontiguousarray(pixels[::2, ::-1]))
    view = pixels[::2, ::-1]
    assert apply_affine(transforms, view, in_place=True) is view
    np.testing.assert_array_equal(pixels[::2, ::-1], expected)


@pytest.mark.parametrize(
    ("coarse", "fine"),
    [
        ((5, 7), (23, 31)),  # sizes that divide nothing
        ((8, 8), (8, 8)),
        ((64, 43), (17, 13)),  # a photo smaller than the network's copy
        ((6, 1), (29, 1)),  # one pixel wide
        ((1, 6), (1, 29)),
        ((1, 9), (10, 40)),
        ((1, 1), (3, 2)),
        ((1, 1), (1, 1)),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_interpolation_agrees_with_a_slow_reference(coarse: tuple[int, int], fine: tuple[int, int], dtype: Any) -> None:
    transforms, pixels = random_transforms(0, *coarse), middle_codes(1, *fine, dtype)
    result = apply_affine(transforms, pixels)
    assert result.dtype == dtype
    # half a code of rounding, and what float32 leaves
    assert abs(result - slow_reference(transforms, pixels)).max() <= 0.5 + 1e-6 * np.iinfo(dtype).max


def test_tiles_leave_no_seams() -> None:
    height, width = BAND_ROWS + 3, TILE_COLUMNS + 5
    transforms, pixels = random_transforms(2, 6, 11), middle_codes(3, height, width, np.uint16)
    difference = abs(apply_affine(transforms, pixels) - slow_reference(transforms, pixels))
    assert difference[BAND_ROWS - 1 : BAND_ROWS + 1].max() <= 0.6
    assert difference[:, TILE_COLUMNS - 1 : TILE_COLUMNS + 1].max() <= 0.6
    assert difference.max() <= 0.6


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0, 2.0])
def test_strength_scales_the_change(strength: float) -> None:
    transforms, pixels = random_transforms(4, 3, 4), middle_codes(5, 9, 11, np.uint8)
    result = apply_affine(transforms, pixels, strength)
    assert abs(result - slow_reference(transforms, pixels, strength)).max() <= 0.501
    if strength == 0:
        np.testing.assert_array_equal(result, pixels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_identity_changes_no_code_at_all(dtype: Any) -> None:
    white = np.iinfo(dtype).max
    pixels = np.arange(white + 1, dtype=dtype).reshape(-1, 32, 1).repeat(3, 2)
    identity = np.broadcast_to(np.eye(3, 4, dtype=np.float32), (4, 4, 3, 4))
    np.testing.assert_array_equal(apply_affine(identity, pixels), pixels)


def test_results_are_rounded_and_clipped() -> None:
    transforms = np.zeros((1, 1, 3, 4), np.float32)
    transforms[0, 0, :, 3] = [2.0, -1.0, 100.6 / 255]
    assert apply_affine(transforms, np.zeros((2, 3, 3), np.uint8))[1, 2].tolist() == [255, 0, 101]


def test_in_place_gives_the_same_in_the_pixels_that_came_in() -> None:
    transforms, pixels = random_transforms(3, 9, 7), middle_codes(4, 301, 277, np.uint8)
    expected = apply_affine(transforms, pixels)
    assert not np.array_equal(expected, pixels)
    assert apply_affine(transforms, pixels, in_place=True) is pixels
    np.testing.assert_array_equal(pixels, expected)


def test_the_pixels_and_transforms_that_come_in_are_left_alone() -> None:
    transforms, pixels = random_transforms(6, 3, 4), noise(7, 9, 11, 3)
    before = transforms.copy(), pixels.copy()
    apply_affine(transforms, pixels, 0.7)
    np.testing.assert_array_equal(transforms, before[0])
    np.testing.assert_array_equal(pixels, before[1])


# Fitting


def apply_at_its_own_size(transforms: Array, guide: Array) -> Array:
    changed: Array = (transforms[..., :3] @ guide[..., None])[..., 0] + transforms[..., 3]
    return changed


def small_copy() -> Array:
    return (smooth_photo(40, 64) / 255 + np.random.default_rng(0).normal(0, 0.02, (40, 64, 3))).astype(np.float32)


def test_a_target_that_is_the_guide_gives_the_identity() -> None:
    guide = small_copy()
    transforms = fit_affine(guide, guide)
    assert transforms.shape == (40, 64, 3, 4)
    assert transforms.dtype == np.float32
    np.testing.assert_allclose(transforms, np.broadcast_to(np.eye(3, 4), transforms.shape), atol=1e-6)


def test_one_affine_map_for_the_whole_photo_is_recovered() -> None:
    guide = small_copy()
    matrix = np.array([[0.9, 0.15, 0.0, 0.03], [-0.05, 1.1, 0.0, -0.02], [0.0, 0.1, 0.7, 0.1]])
    target = (guide @ matrix[:, :3].T + matrix[:, 3]).astype(np.float32)
    transforms = fit_affine(guide, target)
    np.testing.assert_allclose(apply_at_its_own_size(transforms, guide), target, atol=0.2 / 255)
    np.testing.assert_allclose(transforms, np.broadcast_to(matrix, transforms.shape), atol=0.01)


def test_a_flat_photo_takes_its_one_new_colour() -> None:
    guide = np.full((9, 12, 3), (0.2, 0.5, 0.7), np.float32)
    target = np.full((9, 12, 3), (0.3, 0.4, 0.9), np.float32)
    np.testing.assert_allclose(apply_at_its_own_size(fit_affine(guide, target), guide), target, atol=1e-5)


def test_a_smooth_curve_is_followed_closely() -> None:
    guide = small_copy().clip(0.02, 1)
    target = guide**0.7
    error = abs(apply_at_its_own_size(fit_affine(guide, target), guide) - target)
    assert error.mean() < 1 / 255
    assert np.percentile(error, 99) < 6 / 255


def test_a_different_change_on_either_side_of_an_edge_stays_on_its_side() -> None:
    """The dark half is made brighter: no halo in the full-size result, neither beyond the edge nor before it."""
    small, large = np.full((32, 48, 3), 0.2, np.float32), np.full((320, 480, 3), 51, np.uint8)
    small[:, 24:] = 0.8
    large[:, 240:] = 204
    target = small.copy()
    target[:, :24] = 0.4
    result = apply_affine(fit_affine(small, target), large) / 255
    step = 0.8 - 0.4
    assert abs(result[:, :240] - 0.4).max() < 0.02 * step
    assert abs(result[:, 240:] - 0.8).max() < 0.02 * step


def test_texture_is_kept_where_the_network_only_brightens() -> None:
    """Detail that the small copy does not hold at all comes through with the gain of its neighbourhood."""
    rows, columns = np.mgrid[0:32, 0:48].astype(np.float32) / 48
    small = np.repeat((0.2 + 0.4 * columns + 0.1 * rows)[..., None], 3, 2).astype(np.float32)
    large = np.repeat(np.repeat(small, 8, 0), 8, 1) * 65535
    stripes = np.where(np.arange(large.shape[1]) % 2, 1500, -1500)[None, :, None]
    transforms = fit_affine(small, 1.25 * small)
    plain = apply_affine(transforms, large.astype(np.uint16)).astype(float)
    striped = apply_affine(transforms, (large + stripes).astype(np.uint16)).astype(float)
    np.testing.assert_allclose(striped - plain, np.broadcast_to(1.25 * stripes, plain.shape), rtol=0.02)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 64, 3), (64, 1, 3), (2, 2, 3)])
def test_tiny_guides_can_be_fitted(shape: tuple[int, ...]) -> None:
    guide = np.random.default_rng(0).random(shape, np.float32)
    target = 0.8 * guide + 0.1
    np.testing.assert_allclose(apply_at_its_own_size(fit_affine(guide, target), guide), target, atol=1 / 255)
