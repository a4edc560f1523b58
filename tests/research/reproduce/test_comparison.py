from __future__ import annotations

import pytest

from deep_photo_enhancer.research.reproduce.comparison import AGAINST_PAPER, AS_IN_PAPER, UNDECIDED, Row, compare, markdown

OF_INPUT = {"psnr": 17.0, "ssim_uniform": 0.7, "ssim_gaussian": 0.71, "ciede2000": 12.0}


def row(name: str, psnr: list[float], paper: float | None, diverged: int = 0) -> Row:
    constant = [0.9] * len(psnr)
    return Row(name, psnr, constant, constant, [5.0] * len(psnr), diverged, {} if paper is None else {"psnr": paper})


def test_the_better_system_of_the_paper_comes_first_and_our_difference_has_its_sign() -> None:
    (found,) = compare([row("a", [20.0, 22.0], 30.0), row("b", [23.0, 25.0], 28.0)])
    assert (found.better, found.worse) == ("a", "b")
    assert found.paper == pytest.approx(2.0)
    assert found.ours == pytest.approx(-3.0)  # 21 - 24


def test_what_lies_within_the_seeds_noise_is_undecided_by_welchs_test() -> None:
    (near,) = compare([row("a", [20.0, 21.0, 22.0], 30.0), row("b", [21.0, 22.0, 23.0], 28.0)])
    # t = -1 / sqrt(1/3 + 1/3) = -1.2247, 4 degrees of freedom: P(|T| > t) = 1 - x (3 - x^2) / 2 with x = t / sqrt(4 + t^2)
    assert near.p == pytest.approx(0.2879, abs=1e-4)
    assert near.verdict == UNDECIDED


@pytest.mark.parametrize(("paper_of_a", "verdict"), [(27.0, AS_IN_PAPER), (30.0, AGAINST_PAPER)])
def test_what_lies_beyond_the_seeds_noise_is_as_in_the_paper_or_against_it(paper_of_a: float, verdict: str) -> None:
    (far,) = compare([row("a", [20.0, 20.1, 20.2], paper_of_a), row("b", [21.0, 21.1, 21.2], 28.0)])
    assert far.verdict == verdict


def test_a_single_run_decides_nothing_however_far_it_is() -> None:
    (found,) = compare([row("a", [40.0], 30.0), row("b", [20.0, 21.0], 28.0)])
    assert found.p is None
    assert found.verdict == UNDECIDED


@pytest.mark.parametrize("other", [row("b", [23.0], None), row("b", [], 28.0), row("b", [23.0], 30.0)])
def test_systems_without_number_without_run_or_of_the_same_number_are_not_compared(other: Row) -> None:
    assert compare([row("a", [20.0], 30.0), other]) == []


def cells(text: str) -> dict[str, list[str]]:
    """The cells of a table's rows, by the first one."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    return {name: rest for name, *rest in rows}


def test_the_table_says_what_is_decided_and_what_is_not() -> None:
    rows = [
        row("a", [20.0, 20.1, 20.2], 30.0),
        row("b", [24.0, 24.1, 24.2], 28.0, diverged=1),
        row("c", [22.0], 25.0),
        row("d|e", [10.0, 10.1, 10.2], 24.0),
    ]
    text = markdown(rows, OF_INPUT)
    shown = cells(text)
    assert shown["a"][:6] == ["3", "20.10 (20.00 to 20.20)", "30.00", "-9.90", "0.900 (0.900 to 0.900)", ""]
    assert shown["b"][:2] == ["3, 1 diverged", "24.10 (24.00 to 24.20)"]
    assert shown["c"][0] == "a single run"
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Order by PSNR"))
    assert "6 pairs of systems: 2 as in the paper, 1 against the paper, 3 undecided. " in lines[start]
    assert lines[start + 1].startswith("- against the paper: a over b: -4.00 dB (p = ")
    assert lines[start + 2].startswith(r"- as in the paper: a over d\|e: +10.00 dB (p = ")
    assert lines[start + 4] == "- undecided: a over c: -1.90 dB (a single run; paper +5.00)"


def test_a_row_without_finished_run_is_empty() -> None:
    assert cells(markdown([row("a", [], 30.0, diverged=3)], OF_INPUT))["a"][:5] == ["0, 3 diverged", "", "30.00", "", ""]
