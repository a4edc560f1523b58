from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from deep_photo_enhancer.research.study import bradley_terry
from deep_photo_enhancer.research.study.bradley_terry import intervals, scores
from tests.research.study.fixtures import TABLE_5

RNG = np.random.default_rng(0)


def wins_of(*rows: tuple[int, ...]) -> NDArray[np.float64]:
    return np.array(rows, np.float64)


def test_of_two_systems_the_scores_differ_by_the_logarithm_of_the_odds() -> None:
    np.testing.assert_allclose(scores(wins_of((0, 3), (1, 0))), [np.log(3) / 2, -np.log(3) / 2])


def test_scores_of_wins_that_follow_the_model_are_the_models() -> None:
    true = np.array([0.5, 0.0, -0.7, 0.2])
    chance = 1 / (1 + np.exp(true[None, :] - true[:, None]))
    np.testing.assert_allclose(scores(100 * chance * (1 - np.eye(4))), true, atol=1e-8)


@pytest.mark.parametrize(
    "wins", [np.array(TABLE_5, float), RNG.integers(1, 30, (6, 6)) * (1 - np.eye(6))], ids=["paper", "random"]
)
def test_scores_maximise_the_likelihood_as_scipy_does(wins: NDArray[np.float64]) -> None:
    def loss(free: NDArray[np.float64]) -> float:
        score = np.array([0.0, *free])
        return float((wins * np.log1p(np.exp(score[None, :] - score[:, None]))).sum())

    best = np.array([0.0, *minimize(loss, np.zeros(len(wins) - 1), tol=1e-12).x])
    np.testing.assert_allclose(scores(wins), best - best.mean(), atol=1e-4)


@pytest.mark.parametrize(("systems", "wins"), [(20, 200), (40, 10**6)])
def test_scores_of_a_chain_of_one_sided_pairs_are_exact(systems: int, wins: int) -> None:
    chain = wins * np.eye(systems, k=1) + np.eye(systems, k=-1)
    np.testing.assert_allclose(-np.diff(scores(chain)), np.log(wins), rtol=1e-9)


def test_at_the_scores_every_system_wins_as_often_as_the_model_expects() -> None:
    for sparsity in (0.2, 0.5, 0.9):
        wins = np.where(RNG.random((50, 8, 8)) < sparsity, np.floor(10 ** RNG.uniform(0, 6, (50, 8, 8))), 0) * (1 - np.eye(8))
        values = scores(wins)
        chances = 1 / (1 + np.exp(values[:, None, :] - values[:, :, None]))
        expected = ((wins + wins.swapaxes(1, 2)) * chances).sum(-1)
        there = ~np.isnan(values[:, 0])
        assert there.any()
        np.testing.assert_allclose(expected[there], wins.sum(-1)[there], rtol=1e-7)


def test_scores_that_were_not_found_are_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bradley_terry, "_MOST_STEPS", 3)
    even, chain = np.ones((4, 4)) - np.eye(4), 200 * np.eye(4, k=1) + np.eye(4, k=-1)
    np.testing.assert_array_equal(np.isnan(scores(np.stack([even, chain]))), [[False] * 4, [True] * 4])


def test_there_are_no_scores_when_some_systems_never_lose_to_the_others() -> None:
    never_lost = wins_of((0, 2, 5), (0, 0, 1), (0, 3, 0))
    two_apart = wins_of((0, 1, 0, 0), (1, 0, 0, 0), (0, 0, 0, 1), (0, 0, 1, 0))
    round_about = wins_of((0, 1, 0), (0, 0, 1), (1, 0, 0))
    assert np.isnan(scores(never_lost)).all()
    assert np.isnan(scores(two_apart)).all()
    np.testing.assert_allclose(scores(round_about), 0, atol=1e-8)
    np.testing.assert_array_equal(np.isnan(scores(np.stack([never_lost, round_about]))), [[True] * 3, [False] * 3])


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    true, chance = np.array([0.4, -0.4]), 1 / (1 + np.exp(-0.8))
    held = 0
    for study in range(60):
        won = np.random.default_rng(study).binomial(10, chance, 25)
        ends = intervals([wins_of((0, k), (10 - k, 0)) for k in won.tolist()], seed=study)
        assert ends is not None
        held += bool(ends[0][0] <= true[0] <= ends[1][0])
    assert held >= 52  # of 60; 57 expected, and below 52 once in a hundred


def test_intervals_are_the_same_every_time_and_narrower_with_more_people() -> None:
    people = [wins_of((0, 7, 6), (3, 0, 5), (4, 5, 0)), wins_of((0, 4, 8), (6, 0, 7), (2, 3, 0))] * 4
    few, again, many = intervals(people), intervals(people), intervals(people * 9)
    assert few is not None
    assert again is not None
    assert many is not None
    np.testing.assert_array_equal(few, again)
    ratio = (many[1] - many[0]) / (few[1] - few[0])
    np.testing.assert_allclose(ratio, 1 / 3, rtol=0.2)


def test_there_are_no_intervals_from_one_person_or_when_many_resamples_have_no_scores() -> None:
    assert intervals([wins_of((0, 3), (2, 0))]) is None
    assert intervals([wins_of((0, 1), (0, 0)), wins_of((0, 0), (1, 0))]) is None  # half of the resamples are all for one system
