from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path

from deep_photo_enhancer.research.study.material import Picture, Study
from deep_photo_enhancer.research.study.plan import pairs_for

SYSTEMS = ("a", "b", "c")
STUDY = Study(Path(), SYSTEMS, {f"{system}{photo}": Picture(str(photo), system) for photo in range(7) for system in SYSTEMS})


def test_every_pair_of_every_photo_comes_once() -> None:
    pairs = pairs_for(STUDY, "someone")
    wanted = {frozenset((f"{i}{photo}", f"{j}{photo}")) for i, j in combinations(SYSTEMS, 2) for photo in range(7)}
    assert {frozenset(pair) for pair in pairs} == wanted
    assert len(pairs) == len(wanted)


def test_sides_are_balanced_for_every_participant_and_over_participants() -> None:
    lefts: Counter[str] = Counter()
    for participant in map(str, range(200)):
        of_two = [left[0] for left, right in pairs_for(STUDY, participant) if {left[0], right[0]} == {"a", "b"}]
        assert sorted(Counter(of_two).values()) == [3, 4]
        lefts.update(of_two)
    assert 600 < lefts["a"] < 800  # 1400 in all


def test_the_order_is_a_participants_own_and_always_the_same() -> None:
    orders = {participant: pairs_for(STUDY, participant) for participant in ("one", "two")}
    assert orders["one"] != orders["two"]
    assert pairs_for(STUDY, "one") == orders["one"]
