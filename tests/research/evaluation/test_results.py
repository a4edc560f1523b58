from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import bootstrap

from deep_photo_enhancer.research.evaluation.results import Evaluation, Interval, mean_intervals


def test_an_interval_is_scipys_percentile_bootstrap() -> None:
    values = np.random.default_rng(1).gamma(4, 2, 60)
    (interval,) = mean_intervals(values[:, None])
    expected = bootstrap((values,), np.mean, method="percentile", n_resamples=10_000).confidence_interval
    assert interval.mean == pytest.approx(values.mean())
    assert interval.low == pytest.approx(expected.low, abs=0.06)
    assert interval.high == pytest.approx(expected.high, abs=0.06)


def test_an_interval_of_many_photos_is_the_normal_one() -> None:
    values = np.random.default_rng(2).normal(20, 3, 2000)
    (interval,) = mean_intervals(values[:, None])
    half = 1.96 * values.std() / math.sqrt(2000)
    assert interval.low == pytest.approx(values.mean() - half, abs=0.01)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.01)


def test_two_photos_can_only_be_drawn_in_three_ways() -> None:
    # both twice with probability 1/4 each: more than 2.5 %, so the bounds are the two values
    assert mean_intervals(np.array([[1.0], [2.0]])) == [Interval(1.5, 1.0, 2.0)]


def test_a_single_photo_is_its_own_interval() -> None:
    assert mean_intervals(np.array([[3.0, 4.0]])) == [Interval(3, 3, 3), Interval(4, 4, 4)]


def test_columns_see_the_same_photos_in_every_call() -> None:
    values = np.random.default_rng(3).normal(size=(20, 1))
    alone, beside = mean_intervals(values)[0], mean_intervals(np.hstack([values, values + 5, values]))
    assert beside[0] == beside[2]
    assert beside[0].high == pytest.approx(alone.high)
    assert beside[1].low == pytest.approx(alone.low + 5)


def test_infinite_values_are_taken_and_only_infinities_against_each_other_are_not_a_number() -> None:
    infinite, undefined = mean_intervals(np.array([[math.inf, math.inf], [math.inf, -math.inf], [1.0, 0.0], [2.0, 0.0]]))
    assert (infinite.mean, infinite.high) == (math.inf, math.inf)
    assert all(math.isnan(value) for value in (undefined.mean, undefined.low, undefined.high))


def test_no_photos_have_no_mean() -> None:
    with pytest.raises(ValueError, match="at least one photo"):
        mean_intervals(np.empty((0, 2)))


def test_means_and_differences_are_over_photos(evaluation: Evaluation) -> None:
    of_darker, of_unchanged = (evaluation.figures[system]["ciede2000"] for system in evaluation.systems)
    assert evaluation.mean("darker", "ciede2000").mean == pytest.approx(of_darker.mean())
    difference = evaluation.difference("unchanged", "ciede2000")
    assert difference.mean == pytest.approx((of_unchanged - of_darker).mean())
    assert difference.low <= difference.mean <= difference.high
    assert evaluation.mean("unchanged", "psnr").mean == math.inf
    assert evaluation.difference("darker", "psnr").mean == 0


def test_photos_that_both_systems_get_right_do_not_differ() -> None:
    perfect = {"psnr": np.array([math.inf, 30.0])}
    assert Evaluation(["p0", "p1"], {"a": perfect, "b": perfect}).difference("b", "psnr") == Interval(0, 0, 0)
