"""One score for each system from pairwise wins: the model of Bradley and Terry (1952).

System i is preferred to j with probability 1 / (1 + exp(score_j - score_i)).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RESAMPLES = 1000
LEVEL = 0.95
_TOLERANCE = 1e-8
_MOST_STEPS = 200


def scores(wins: Floats) -> Floats:
    """Maximum likelihood scores with mean 0; (..., S, S) wins of row over column -> (..., S).

    By Newton's method on the log-likelihood, which is concave. nan where no maximum exists: when the systems fall into two
    groups, one of which never wins against the other (Ford 1957); and where the maximum was not found.
    """
    found = _all_beat_all(wins)
    wins = np.where(found[..., None, None], wins, 1.0)
    values = np.zeros(wins.shape[:-1])
    for _ in range(_MOST_STEPS):
        step = _newton_step(wins, values)
        values += step
        near = np.abs(step).max(-1) < _TOLERANCE
        if near.all():
            break
    return np.where((found & near)[..., None], values - values.mean(-1, keepdims=True), np.nan)


def _newton_step(wins: Floats, values: Floats) -> Floats:
    """Towards the maximum, the first system's score fixed; shortened so that the likelihood always rises.

    Along a direction in which the scores of no two systems that met part faster than d, the curvature grows by exp(d t) at most;
    the bound on the likelihood that follows is best at t = log(1 + d) / d (Sun and Tran-Dinh 2019, Mathematical Programming 178).
    """
    lost = wins.swapaxes(-1, -2)
    chances = np.exp(-np.logaddexp(0, values[..., None, :] - values[..., :, None]))  # of row against column
    gradient = (wins * chances.swapaxes(-1, -2) - lost * chances).sum(-1)
    weights = (wins + lost) * chances * chances.swapaxes(-1, -2)
    information = weights.sum(-1)[..., None] * np.eye(wins.shape[-1]) - weights
    step = np.zeros_like(values)
    step[..., 1:] = np.linalg.solve(information[..., 1:, 1:], gradient[..., 1:, None])[..., 0]
    parting = np.where(wins + lost > 0, np.abs(step[..., :, None] - step[..., None, :]), 0).max((-1, -2))
    parting = np.maximum(parting, np.finfo(float).tiny)[..., None]
    return np.asarray(step * np.log1p(parting) / parting)


def _all_beat_all(wins: Floats) -> NDArray[np.bool_]:
    """Whether every system has beaten every other, or one that has, and so on: Ford's condition. (..., S, S) -> (...)."""
    reached = (wins > 0) | np.eye(wins.shape[-1], dtype=bool)
    for _ in range(wins.shape[-1].bit_length()):
        reached = reached @ reached
    return np.asarray(reached.all((-1, -2)))


def intervals(wins_of_participants: Iterable[Floats], seed: int = 0) -> tuple[Floats, Floats] | None:
    """Ends of the scores' 95% intervals, (S,) each: bootstrap over participants, whose votes hang together.

    wins_of_participants: (S, S) for each. None when they are too few: one alone, or so few that the scores of more than 2.5% of
    the resamples do not exist.
    """
    each = np.stack(list(wins_of_participants))  # (P, S, S)
    if len(each) < 2:
        return None
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(each), np.full(len(each), 1 / len(each)), RESAMPLES)  # (R, P)
    resampled = scores(np.tensordot(drawn.astype(np.float64), each, 1))  # (R, S)
    existing = resampled[~np.isnan(resampled).any(1)]
    tail = (1 - LEVEL) / 2
    if len(existing) < (1 - tail) * RESAMPLES:
        return None
    low, high = np.quantile(existing, [tail, 1 - tail], axis=0)
    return low, high
