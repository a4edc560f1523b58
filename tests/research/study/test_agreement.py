from __future__ import annotations

import pytest

from deep_photo_enhancer.research.study.agreement import agreement, krippendorff_alpha
from deep_photo_enhancer.research.study.votes import Vote


def units(*observers: str) -> list[list[str]]:
    """Values of each unit, from a line of values for each observer; a dot where there is none."""
    return [[value for value in unit if value != "."] for unit in zip(*observers, strict=True)]


def test_alpha_of_the_example_with_four_observers_and_gaps() -> None:
    """Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: nominal 0.743."""
    reliability_data = units("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    assert krippendorff_alpha(reliability_data) == pytest.approx(0.743, abs=5e-4)


def test_alpha_worked_by_hand() -> None:
    """Units aa, ab, bb: o_aa = 2, o_bb = 2, o_ab = o_ba = 1; n = 6, n_a = n_b = 3; 1 - 5 * 2 / (36 - 18)."""
    assert krippendorff_alpha(["aa", "ab", "bb", "a"]) == pytest.approx(1 - 10 / 18)


def test_alpha_is_1_when_all_agree_and_undefined_without_different_values() -> None:
    assert krippendorff_alpha(["aaa", "bb"]) == 1
    assert krippendorff_alpha(["aa", "aa"]) is None
    assert krippendorff_alpha(["a", "b"]) is None


def votes(photo: str, winners: str, systems: str = "AB") -> list[Vote]:
    return [Vote(str(person), photo, w, systems.replace(w, "")) for person, w in enumerate(winners)]


def test_agreement_worked_by_hand() -> None:
    """Sea: of 4 people 3 chose A, so 3 of 6 couples agree; hill: 1 of 1; the moor was seen by one alone.

    Weighted by people: (4 * 3/6 + 2 * 1) / 6. In both orders n = 12, half of them "first": 1 - 11 * (12 - 8) / (144 - 72).
    """
    found = agreement([*votes("sea", "AAAB"), *votes("hill", "BB"), *votes("moor", "A")])
    assert found is not None
    assert found.share == pytest.approx(4 / 6)
    assert found.alpha == pytest.approx(1 - 11 * 4 / 72)


def test_agreement_does_not_depend_on_which_system_is_named_first() -> None:
    def found(names: dict[str, str]) -> object:
        return agreement(
            Vote(vote.participant, vote.photo, names[vote.winner], names[vote.loser])
            for vote in [*votes("sea", "AAAB"), *votes("sea", "BCC", "BC"), *votes("hill", "AAC", "AC")]
        )

    assert found({"A": "A", "B": "B", "C": "C"}) == found({"A": "Z", "B": "B", "C": "K"}) is not None


def test_people_who_always_prefer_the_same_system_agree_wholly() -> None:
    found = agreement([*votes("sea", "AAA"), *votes("hill", "AAA")])
    assert found is not None
    assert (found.share, found.alpha) == (1, 1)


def test_without_a_pair_seen_by_two_there_is_no_agreement() -> None:
    assert agreement([*votes("sea", "A"), *votes("hill", "B")]) is None
