from __future__ import annotations

import numpy as np
import pytest

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.data.faults import FAULTS, FaultsConfig, draw_faults
from tests.synthetic import grey, synthetic_photo


def drawn(x: Pixels, seed: int, share: float = 1, second: float = 0) -> Pixels:
    return draw_faults(x, FaultsConfig(share, second), np.random.default_rng([7, seed]))


def test_the_same_state_draws_the_same_faults_and_another_others() -> None:
    x = synthetic_photo(0)
    first, again, other = (drawn(x, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.5
    assert first.dtype == np.uint8
    assert first.shape == x.shape


def test_without_a_share_x_stays_and_the_share_is_the_wanted_one() -> None:
    x = synthetic_photo(0, 24, 32)
    np.testing.assert_array_equal(drawn(x, 0, share=0), x)
    spoilt = sum(bool((drawn(x, seed, share=0.4) != x).any()) for seed in range(300))
    assert spoilt / 300 == pytest.approx(0.4, abs=0.085)  # three standard deviations


def test_a_second_fault_makes_more_photos_that_are_far_from_x() -> None:
    x = synthetic_photo(0, 16, 16)
    one, two = (
        np.mean([np.abs(drawn(x, seed, second=second) - x.astype(float)).mean() for seed in range(200)]) for second in (0, 1)
    )
    assert two > 1.15 * one


def test_how_often_the_faults_are_drawn_adds_up() -> None:
    assert sum(often for often, _ in FAULTS.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "sign", "channels"),
    [
        ("dark", -1, (1, 1, 1)),
        ("bright", 1, (1, 1, 1)),
        ("warm", 1, (1, 0, -1)),
        ("cold", -1, (1, 0, -1)),
        ("haze", 1, (1, 1, 1)),
    ],
)
def test_each_fault_does_what_its_name_says(name: str, sign: int, channels: tuple[int, int, int]) -> None:
    x = grey(90, 8, 8).astype(np.float32) / 255
    _, fault = FAULTS[name]
    for seed in range(20):
        change = (fault(x, np.random.default_rng(seed)) - x).mean((0, 1))
        assert sign * float(change @ np.array(channels)) > 0.02


@pytest.mark.parametrize("name", list(FAULTS))
def test_every_fault_gives_a_photo_in_range_of_the_same_type(name: str) -> None:
    x = synthetic_photo(1, 32, 48).astype(np.float32) / 255
    _, fault = FAULTS[name]
    for seed in range(10):
        spoilt = fault(x, np.random.default_rng(seed))
        assert spoilt.dtype == np.float32
        assert spoilt.shape == x.shape
        assert spoilt.min() > -0.2
        assert spoilt.max() < 1.2


def test_impossible_shares_are_refused() -> None:
    with pytest.raises(ValueError, match=r"share is a share: from 0 to 1, not 1\.5"):
        FaultsConfig(share=1.5)
    with pytest.raises(ValueError, match="second is a share: from 0 to 1, not -1"):
        FaultsConfig(second=-1)
