from __future__ import annotations

import numpy as np
import pytest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.training.data.statistics import STATISTICS, tilted_weights, tone_statistics


def test_two_grey_pixels_worked_out_by_hand() -> None:
    photo = np.array([[[100, 100, 100], [200, 200, 200]]], np.uint8)
    # 95th percentile: 0.95 of the way from 100 to 200; grey has no colour
    np.testing.assert_allclose(tone_statistics(photo), [150, 50, 195, 0], atol=1e-4)


def test_a_coloured_pixel_worked_out_by_hand() -> None:
    photo = np.array([[[200, 100, 50], [100, 100, 100]]], np.uint8)
    # luma 124.2 and 100; red - green 100 and 0; (red + green) / 2 - blue 100 and 0: deviations 50, means 50
    # colourfulness = sqrt(50^2 + 50^2) + 0.3 sqrt(50^2 + 50^2) = 1.3 * 70.7107
    np.testing.assert_allclose(tone_statistics(photo), [112.1, 12.1, 122.99, 91.9239], atol=1e-3)
    assert STATISTICS == ("luma_mean", "luma_std", "p95", "colourfulness")


def test_of_two_photos_the_weights_are_those_of_the_lever() -> None:
    np.testing.assert_allclose(tilted_weights(np.array([[0.0], [10.0]]), np.array([7.0])), [0.3, 0.7], atol=1e-5)


def test_the_weighted_means_are_the_wanted_ones_at_the_least_divergence_from_equal_weights() -> None:
    statistics = np.random.default_rng(0).normal([110, 50, 190, 40], [25, 10, 20, 15], (60, 4))
    wanted = np.array([120.0, 46, 200, 45])
    weights = tilted_weights(statistics, wanted)
    assert weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(weights @ statistics, wanted, atol=1e-3)
    # At the least Kullback-Leibler divergence the logarithms are a linear function of the statistics.
    columns = np.column_stack([statistics, np.ones(60)])
    fit = columns @ np.linalg.lstsq(columns, np.log(weights), rcond=None)[0]
    np.testing.assert_allclose(np.log(weights), fit, atol=1e-6)


def test_weights_are_equal_where_the_means_are_there_already() -> None:
    statistics = np.random.default_rng(0).normal(100, 20, (10, 4))
    np.testing.assert_allclose(tilted_weights(statistics, statistics.mean(axis=0)), 0.1, atol=1e-9)


@pytest.mark.parametrize("wanted", [[160.0, 100.0], [100.0, 1000.0], [139.0, 61.0]])
def test_means_that_no_weights_reach_are_an_error(wanted: list[float]) -> None:
    corners = np.array([[60.0, 60.0], [140.0, 140.0], [60.0, 140.0]])  # [139, 61] lies outside this triangle
    with pytest.raises(DataError, match="no choice among the 3 photos"):
        tilted_weights(corners, np.array(wanted))
