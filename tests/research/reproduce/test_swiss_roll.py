from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.research.reproduce.swiss_roll import RollResult, RollSettings, draw, report, swiss_roll, wasserstein


def test_the_distance_is_that_of_the_cheapest_plan_and_not_of_the_nearest_points() -> None:
    a = np.array([[0, 0], [3, 0]], np.float32)
    b = np.array([[1.4, 0], [0, 4]], np.float32)
    # (0, 0) -> (1.4, 0) and (3, 0) -> (0, 4) cost 1.4 + 5; (0, 0) -> (0, 4) and (3, 0) -> (1.4, 0) cost 4 + 1.6
    assert wasserstein(a, b) == pytest.approx(5.6 / 2)
    assert wasserstein(a, b[::-1]) == pytest.approx(5.6 / 2)


def test_a_shifted_cloud_is_as_far_as_it_was_shifted() -> None:
    roll = swiss_roll(64, np.random.default_rng(0))
    assert wasserstein(roll, roll) == 0
    assert wasserstein(roll, roll + np.array([3, 4], np.float32)) == pytest.approx(5)


def test_points_that_are_not_finite_are_infinitely_far() -> None:
    a = np.zeros((2, 2), np.float32)
    for value in (math.nan, math.inf):
        assert wasserstein(np.array([[0, 0], [0, value]], np.float32), a) == math.inf


def test_the_roll_runs_from_a_quarter_turn_to_two_turns_and_a_quarter() -> None:
    points = swiss_roll(4000, np.random.default_rng(1)) * 7.5
    radii = np.linalg.norm(points, axis=1)  # t, up to noise of 0.25
    assert radii.min() == pytest.approx(1.5 * math.pi, abs=1)
    assert radii.max() == pytest.approx(4.5 * math.pi, abs=1)
    assert np.median(radii) == pytest.approx(3 * math.pi, abs=0.3)


def results(distances: dict[str, float]) -> dict[RollSettings, RollResult]:
    """One seed from every start; the same distance from each."""
    made = {}
    for objective, distance in distances.items():
        for start in (0.01, 0.1, 1.0, 10.0, 100.0):
            settings = RollSettings(objective, start, seed=0, steps=10, width=4, samples=50)
            made[settings] = RollResult(distance, start, 1.02, [[1, start, 1.0]], [[0.0, 0.0]] * 50)
    return made


def test_the_report_counts_what_is_further_away_than_a_single_point() -> None:
    lines = "\n".join(report(results({"wgan-gp": 9.0, "a-wgan": 0.1}))).splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    assert ["wgan-gp", "0.1", "9", "1", "0.1", "1.02"] in rows
    assert ["a-wgan", "0.1", "0.1", "0", "0.1", "1.02"] in rows
    assert ["a-wgan", "worst / best start", "1.00", "", "", ""] in rows


def test_the_picture_has_a_plot_for_each_objective_and_start(tmp_path: Path) -> None:
    draw(results({"wgan-gp": 9.0, "a-wgan": 0.1}), tmp_path / "roll.png")
    assert (tmp_path / "roll.png").stat().st_size > 5000
