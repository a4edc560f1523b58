"""How far people agree, on the same photo and the same pair of systems."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from deep_photo_enhancer.research.study.votes import Vote


@dataclass(frozen=True)
class Agreement:
    """Of people who saw the same pair."""

    share: float
    """Of them who chose the same, two by two: 0.5 by chance."""
    alpha: float
    """Krippendorff's: 1 when all agree, 0 by chance."""


def agreement(votes: Iterable[Vote]) -> Agreement | None:
    """None when no pair was seen by two people.

    Alpha needs answers that mean the same everywhere, such as "the first of the two"; which system is called the first is of no
    concern, so each pair counts once in either order. Then both answers are equally common, and for complete answers of many
    people alpha becomes the coefficient of agreement of Kendall and Babington Smith (1940).
    """
    units: dict[Hashable, list[bool]] = defaultdict(list)
    for vote in votes:
        units[vote.photo, vote.systems].append(vote.winner == vote.systems[0])
    pairable = [unit for unit in units.values() if len(unit) > 1]
    if not pairable:
        return None
    share = sum(_agreeing(unit) for unit in pairable) / sum(map(len, pairable))
    alpha = krippendorff_alpha([*pairable, *([not answer for answer in unit] for unit in pairable)])
    assert alpha is not None  # both answers occur
    return Agreement(share, alpha)


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Krippendorff's alpha for nominal values: for each unit the values that observers gave it, any number of them.

    1 - observed by expected disagreement (Krippendorff, Content Analysis). Units with a single value do not count; None when
    there is but one value in all.
    """
    pairable = [unit for unit in units if len(unit) > 1]
    values = Counter(value for unit in pairable for value in unit)
    total = values.total()
    agreeing = sum(map(_agreeing, pairable))
    expected = total**2 - sum(count**2 for count in values.values())
    return 1 - (total - 1) * (total - agreeing) / expected if expected else None


def _agreeing(unit: Sequence[Hashable]) -> float:
    """The diagonal of a unit's coincidence matrix: each value counts with the share of the others that equal it."""
    return sum(count * (count - 1) for count in Counter(unit).values()) / (len(unit) - 1)
