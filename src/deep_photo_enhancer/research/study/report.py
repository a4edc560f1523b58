"""What the votes say: as figures for programs, and as Markdown that also reads well in a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from itertools import combinations
from statistics import median
from typing import Any

import numpy as np

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.study.agreement import agreement
from deep_photo_enhancer.research.study.bradley_terry import Floats, intervals, scores
from deep_photo_enhancer.research.study.votes import Vote
from deep_photo_enhancer.system.text import quantity, table

_Z = 1.959963984540054
"""The normal distribution's 97.5% point."""


def result(votes: Sequence[Vote]) -> dict[str, Any]:
    """All figures, ready for JSON; systems from the most to the least liked. DataError when there are no votes."""
    if not votes:
        raise DataError("there are no votes yet; start the study with dpe study serve")
    systems = sorted({system for vote in votes for system in vote.systems})
    of_participants = _wins(votes, systems)
    order = _most_liked_first(sum(of_participants.values()))
    systems = [systems[i] for i in order]
    each = [wins[np.ix_(order, order)] for wins in of_participants.values()]
    wins = np.sum(each, axis=0)
    agreed = agreement(votes)
    return {
        "votes": len(votes),
        "participants": len(each),
        "photos": len({vote.photo for vote in votes}),
        "systems": systems,
        "wins": wins.astype(int).tolist(),
        "totals": dict(zip(systems, wins.sum(1).astype(int).tolist(), strict=True)),
        "bradley_terry": _scores(systems, wins, each),
        "shares": _shares(systems, wins),
        "agreement": asdict(agreed) if agreed else None,
        "left": _left(votes),
        "median_seconds": _median_seconds(votes),
    }


def _wins(votes: Sequence[Vote], systems: Sequence[str]) -> dict[str, Floats]:
    """For each participant how often the row's system won against the column's: (S, S)."""
    place = {system: i for i, system in enumerate(systems)}
    wins: dict[str, Floats] = {}
    for vote in votes:
        of_participant = wins.setdefault(vote.participant, np.zeros((len(systems), len(systems))))
        of_participant[place[vote.winner], place[vote.loser]] += 1
    return wins


def _most_liked_first(wins: Any) -> list[int]:
    """By score, and where there are no scores by the share of votes."""
    liked = scores(wins)
    if np.isnan(liked).any():
        liked = wins.sum(1) / (wins + wins.T).sum(1)
    return [int(i) for i in np.argsort(-liked, kind="stable")]


def _scores(systems: Sequence[str], wins: Floats, each: Sequence[Floats]) -> list[dict[str, Any]] | None:
    of_systems = scores(wins)
    if np.isnan(of_systems).any():
        return None
    ends = intervals(each)
    lows, highs = ([None] * len(systems),) * 2 if ends is None else (ends[0].tolist(), ends[1].tolist())
    return [
        {"system": system, "score": score, "low": low, "high": high}
        for system, score, low, high in zip(systems, of_systems.tolist(), lows, highs, strict=True)
    ]


def _shares(systems: Sequence[str], wins: Floats) -> list[dict[str, Any]]:
    pairs = [(i, j) for i, j in combinations(range(len(systems)), 2) if wins[i, j] + wins[j, i]]
    return [
        {"system": systems[i], "over": systems[j]} | proportion(int(wins[i, j]), int(wins[i, j] + wins[j, i])) for i, j in pairs
    ]


def proportion(successes: int, votes: int) -> dict[str, Any]:
    """A share with its 95% interval of Wilson (1927), which holds for few votes and extreme shares too."""
    share = successes / votes
    centre = (share + _Z**2 / (2 * votes)) / (1 + _Z**2 / votes)
    reach = _Z / (1 + _Z**2 / votes) * math.sqrt(share * (1 - share) / votes + _Z**2 / (4 * votes**2))
    return {"votes": votes, "share": share, "low": centre - reach, "high": centre + reach}


def _left(votes: Sequence[Vote]) -> dict[str, Any] | None:
    known = [vote.left == vote.winner for vote in votes if vote.left]
    return proportion(sum(known), len(known)) if known else None


def _median_seconds(votes: Sequence[Vote]) -> float | None:
    known = [vote.milliseconds for vote in votes if vote.milliseconds is not None]
    return median(known) / 1000 if known else None


def markdown(figures: dict[str, Any]) -> str:
    """The figures of `result` as a page."""
    numbers = (quantity(figures[f"{noun}s"], noun) for noun in ("vote", "participant", "photo"))
    counts = "{} by {} on {}.".format(*numbers)
    parts = ["# Preference study", counts, *_matrix(figures), *_share_table(figures), *_score_table(figures), *_remarks(figures)]
    return "\n\n".join(parts) + "\n"


def _matrix(figures: dict[str, Any]) -> list[str]:
    systems = figures["systems"]
    rows = [
        [system, *("-" if i == j else str(wins) for j, wins in enumerate(row)), str(figures["totals"][system])]
        for i, (system, row) in enumerate(zip(systems, figures["wins"], strict=True))
    ]
    return ["## Preference matrix", "How often the row was preferred to the column.", table(["", *systems, "total"], rows)]


def _share_table(figures: dict[str, Any]) -> list[str]:
    rows = [
        [f"{pair['system']} over {pair['over']}", f"{pair['share']:.0%}", f"{pair['low']:.0%} to {pair['high']:.0%}"]
        for pair in figures["shares"]
    ]
    remark = "The intervals (Wilson) take votes as independent; those of one person are not quite."
    return ["## Share of preference", table(["pair", "preferred", "95% interval"], rows), remark]


def _score_table(figures: dict[str, Any]) -> list[str]:
    heading = "## Bradley-Terry scores"
    if figures["bradley_terry"] is None:
        return [heading, "None: some systems have never lost to the others, so their scores are infinite. More votes may help."]
    rows = [[each["system"], f"{each['score']:+.2f}", _interval(each)] for each in figures["bradley_terry"]]
    remark = "A system d above another is preferred with probability 1 / (1 + exp(-d)). Intervals: bootstrap over participants."
    return [heading, table(["system", "score", "95% interval"], rows), remark]


def _interval(each: dict[str, Any]) -> str:
    return "too few participants" if each["low"] is None else f"{each['low']:+.2f} to {each['high']:+.2f}"


def _remarks(figures: dict[str, Any]) -> list[str]:
    agreed, left, seconds = (figures[key] for key in ("agreement", "left", "median_seconds"))
    lines = []
    if agreed:
        lines.append(
            f"Two people who saw the same pair chose the same in {agreed['share']:.0%} of cases (50% by chance); "
            f"Krippendorff's alpha {agreed['alpha']:.2f}."
        )
    if left:
        lines.append(
            f"The left picture was chosen in {left['share']:.0%} of votes (95% interval {left['low']:.0%} to {left['high']:.0%})."
        )
    if seconds is not None:
        lines.append(f"Half of the votes took less than {seconds:.1f} s.")
    return ["## Checks", "\n".join(f"- {line}" for line in lines)] if lines else []
