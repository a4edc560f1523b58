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
_TOLERANCE = 1e-10
_MOST_STEPS = 20_000


def scores(wins: Floats) -> Floats:
    """Maximum likelihood scores with mean 0; (..., S, S) wins of row over column -> (..., S).

    By the MM algorithm of Hunter (2004, The Annals of Statistics 32, Section 2). nan where no maximum exists: when the systems
    fall into two groups, one of which never wins against the other (Ford 1957).
    """
    strengths = np.ones(wins.shape[:-1])
    won = wins.sum(-1)
    games = wins + wins.swapaxes(-1, -2)
    solvable = _all_beat_all(wins)[..., None]
    for _ in range(_MOST_STEPS):
        denominators = (games / (strengths[..., :, None] + strengths[..., None, :])).sum(-1)
        new = np.where(solvable, won / np.maximum(denominators, np.finfo(float).tiny), 1.0)
        new /= np.exp(np.log(new).mean(-1, keepdims=True))
        change = np.abs(np.log(new / strengths)).max()
        strengths = new
        if change < _TOLERANCE:
            break
    return np.where(solvable, np.log(strengths), np.nan)


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
