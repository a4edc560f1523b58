from __future__ import annotations

import json
import math
from collections.abc import Iterable

import numpy as np
import pytest

from deep_photo_enhancer.training.losses.adaptive_weight import AdaptiveWeight, window_at


def values_after_each(weight: AdaptiveWeight, norms: Iterable[float]) -> list[float]:
    values = []
    for norm in norms:
        weight.observe(norm)
        values.append(weight.value)
    return values


def test_a_mean_norm_above_the_upper_limit_doubles_lambda_once_the_window_is_full() -> None:
    assert values_after_each(AdaptiveWeight(10), [1.051] * 50) == [10] * 49 + [20]


def test_a_mean_norm_below_the_lower_limit_halves_lambda_once_the_window_is_full() -> None:
    assert values_after_each(AdaptiveWeight(10), [1.0009] * 50) == [10] * 49 + [5]


# 49 norms of 1 and the last: 50.05 = 50 x 1.001; 51.25 = 50 x 1.025; 52.5 = 50 x 1.05.
@pytest.mark.parametrize(("last", "mean"), [(1.05, 1.001), (2.25, 1.025), (3.5, 1.05)])
def test_lambda_stays_while_the_mean_is_between_the_limits_which_are_included(last: float, mean: float) -> None:
    weight = AdaptiveWeight(10)
    assert values_after_each(weight, [1.0] * 49 + [last]) == [10] * 50
    assert weight.mean_norm == mean


def test_a_full_window_passes_after_each_change() -> None:
    assert values_after_each(AdaptiveWeight(10), [2.0] * 150) == [10] * 49 + [20] * 50 + [40] * 50 + [80]
    assert values_after_each(AdaptiveWeight(10), [0.5] * 150) == [10] * 49 + [5] * 50 + [2.5] * 50 + [1.25]


def test_norms_from_before_a_change_count_no_more() -> None:
    # The mean of 49 norms of 3 and one of 1.02 would be far above the limit.
    assert values_after_each(AdaptiveWeight(10), [3.0] * 50 + [1.02] * 50) == [10] * 49 + [20] * 51


def test_the_window_slides_while_lambda_stays() -> None:
    weight = AdaptiveWeight(10)
    # (0.02 + 49 x 1.049) / 50 = 51.421 / 50 = 1.02842
    values_after_each(weight, [0.02] + [1.049] * 49)
    assert weight.mean_norm == pytest.approx(1.02842)
    assert weight.value == 10
    # 1.1 in the place of 0.02: 52.501 / 50 = 1.05002, just above; were 0.02 still there, 52.521 / 51 = 1.0298
    weight.observe(1.1)
    assert weight.value == 20


def test_the_mean_norm_is_that_of_the_window_and_nan_of_an_empty_one() -> None:
    weight = AdaptiveWeight(10)
    assert math.isnan(weight.mean_norm)
    values_after_each(weight, [1.0, 2.0, 6.0])
    assert weight.mean_norm == 3
    values_after_each(weight, [2.0] * 97)  # the 50th changes lambda, the window slides on
    assert weight.mean_norm == 2


def test_a_weight_that_does_not_adapt_stays_and_still_watches_the_norms() -> None:
    weight = AdaptiveWeight(10, adapts=False)
    assert values_after_each(weight, [5.0] * 60 + [0.5] * 60) == [10] * 120
    assert weight.mean_norm == 0.5  # of the last 50


@pytest.mark.parametrize("seen", [0, 30, 50, 73, 99])
def test_a_weight_restored_from_json_goes_on_as_the_first_one_does(seen: int) -> None:
    norms = np.random.default_rng(0).uniform(0.75, 1.3, 600).tolist()  # their mean of 1.025 lets the window slide
    weight = AdaptiveWeight(10)
    values_after_each(weight, norms[:seen])
    restored = AdaptiveWeight(1)
    restored.restore(json.loads(json.dumps(weight.state())))

    future = values_after_each(weight, norms[seen:])
    assert values_after_each(restored, norms[seen:]) == future
    assert restored.state() == weight.state()
    assert len(set(future)) > 2  # lambda changed on the way
    assert len(restored.norms) <= 50


def test_a_state_does_not_change_with_its_weight() -> None:
    weight = AdaptiveWeight(10)
    weight.observe(1.0)
    state = weight.state()
    values_after_each(weight, [2.0] * 50)
    assert state == {"value": 10, "norms": [1.0], "gaps": [0.0], "steps_since_change": 1}


def test_lambda_rises_at_once_to_the_floor_over_the_mean_gap() -> None:
    weight = AdaptiveWeight(10, window=4, floor=1.5)
    weight.observe(1.02, 4)
    assert weight.value == 10  # above 1.5 x 4
    weight.observe(1.02, -20)  # a gap counts by its size
    assert weight.value == pytest.approx(1.5 * (4 + 20) / 2)
    for _ in range(4):
        weight.observe(1.02, 1)
    assert weight.value == pytest.approx(18)  # the floor sank, lambda stays
    assert weight.least == 1.5


def test_lambda_halves_no_further_than_the_floor() -> None:
    weight = AdaptiveWeight(10, window=2, floor=1.5)
    for _ in range(20):
        weight.observe(0.5, 2)
    assert weight.value == 3


def test_a_weight_that_does_not_adapt_has_no_floor() -> None:
    weight = AdaptiveWeight(10, adapts=False, floor=1.5)
    weight.observe(1, 1000)
    assert weight.value == 10


@pytest.mark.parametrize(("rate", "window"), [(1e-5, 50), (5e-6, 100), (2.5e-5, 20), (1e-4, 5), (1e-3, 5)])
def test_the_window_shortens_as_the_critics_learn_faster(rate: float, window: int) -> None:
    assert window_at(rate) == window
