from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from deep_photo_enhancer.enhancement.box_filter import box_mean
from deep_photo_enhancer.enhancement.classical import fast_local_laplacian
from deep_photo_enhancer.enhancement.classical.fast_local_laplacian import filter_channel, remap
from deep_photo_enhancer.enhancement.classical.pyramid import collapse, expand, gaussian_pyramid
from deep_photo_enhancer.photo.arrays import Floats


def plateaus(*tones: float, width: int = 32) -> Floats:
    """Stripes of one tone each, side by side: (64, width * tones)."""
    return np.tile(np.repeat(np.array(tones, np.float32), width), (64, 1))


def by_definition(intensity: Floats, sigma_r: float, alpha: float, beta: float) -> Floats:
    """Paris et al. 2011: for each coefficient the whole picture is remapped around that coefficient's own intensity."""
    guides = gaussian_pyramid(intensity)
    output = [np.empty_like(guide) for guide in guides[:-1]]
    for level, guide in enumerate(guides[:-1]):
        for place, g in np.ndenumerate(guide):
            planes = gaussian_pyramid(remap(intensity, float(g), sigma_r, alpha, beta))
            output[level][place] = (planes[level] - expand(planes[level + 1], guide.shape))[place]
    return collapse(output, guides[-1])


@pytest.mark.parametrize("size", [(64, 96), (61, 37), (5, 1)])
def test_parameters_of_one_leave_the_photo(size: tuple[int, int]) -> None:
    photo = np.random.default_rng(0).random((*size, 3), np.float32)
    np.testing.assert_allclose(fast_local_laplacian(photo, alpha=1, beta=1), photo, atol=3e-6)
    assert abs(fast_local_laplacian(photo, alpha=0.5) - photo).max() > 0.01 or size == (5, 1)


@pytest.mark.parametrize(("alpha", "beta"), [(2.0, 1.0), (1.0, 0.3), (0.7, 1.5)])
def test_more_levels_come_nearer_to_the_filters_definition(alpha: float, beta: float) -> None:
    intensity = np.random.default_rng(1).random((16, 16)).astype(np.float32)
    wanted = by_definition(intensity, 0.3, alpha, beta)
    errors = [abs(filter_channel(intensity, 0.3, alpha, beta, levels) - wanted).max() for levels in (3, 12, 96)]
    assert errors[0] > 2 * errors[1] > 4 * errors[2]
    assert errors[2] < 0.005
    assert abs(wanted - intensity).max() > 0.04


def test_a_step_gets_no_halo_where_unsharp_masking_overshoots() -> None:
    step = plateaus(0.2, 0.8)
    step += np.float32(0.01) * np.random.default_rng(2).standard_normal(step.shape).astype(np.float32)
    mild = partial(filter_channel, sigma_r=0.1, alpha=0.5, beta=1.0, levels=48)
    sharpened = mild(step)
    clean = mild(plateaus(0.2, 0.8))
    gain = sharpened[:, :16].std() / step[:, :16].std() - 1
    mask = plateaus(0.2, 0.8) + gain * (plateaus(0.2, 0.8) - box_mean(plateaus(0.2, 0.8), 4))
    assert gain > 0.1
    assert max(clean.max() - 0.8, 0.2 - clean.min()) < 0.01
    assert min(mask.max() - 0.8, 0.2 - mask.min()) > 0.02


def test_small_beta_narrows_the_range_of_tones_and_keeps_their_order() -> None:
    tones = (0.1, 0.3, 0.5, 0.7, 0.9)
    stairs = plateaus(*tones)
    narrow = filter_channel(stairs, 0.05, 1.0, 0.4, 32)[32, 16::32]
    assert (np.diff(narrow) > 0.02).all()
    assert np.ptp(narrow) < 0.75 * np.ptp(stairs)


def test_hue_stays() -> None:
    photo = np.random.default_rng(3).random((32, 48, 3), np.float32) * 0.5 + 0.2
    enhanced = fast_local_laplacian(photo)
    np.testing.assert_array_equal(enhanced.argmax(2), photo.argmax(2))
    assert enhanced.dtype == np.float32
    assert 0 <= enhanced.min() < enhanced.max() <= 1


@pytest.mark.parametrize("wrong", [{"sigma_r": 0.0}, {"alpha": 0.0}, {"beta": -0.1}, {"levels": 1}])
def test_parameters_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="sigma_r and alpha are above 0"):
        fast_local_laplacian(np.zeros((8, 8, 3), np.float32), **wrong)  # type: ignore[arg-type]
