from __future__ import annotations

import pytest

from deep_photo_enhancer.research.reproduce.comparison import Row, markdown, orders
from deep_photo_enhancer.research.reproduce.paper_tables import TABLES

OF_INPUT = {"psnr": 17.0, "ssim_uniform": 0.7, "ssim_gaussian": 0.71, "ciede2000": 12.0}


def row(name: str, psnr: list[float], paper: float | None, diverged: int = 0) -> Row:
    constant = [0.9] * len(psnr)
    return Row(name, psnr, constant, constant, [5.0] * len(psnr), diverged, {} if paper is None else {"psnr": paper})


def test_the_better_system_of_the_paper_comes_first_and_our_difference_has_its_sign() -> None:
    (order,) = orders([row("a", [20.0, 22.0], 30.0), row("b", [23.0, 25.0], 28.0)])
    assert (order.better, order.worse) == ("a", "b")
    assert order.paper == pytest.approx(2.0)
    assert order.ours == pytest.approx(-3.0)  # 21 - 24
    assert not order.agrees


def test_noise_is_judged_by_welchs_test() -> None:
    (order,) = orders([row("a", [20.0, 21.0, 22.0], 30.0), row("b", [21.0, 22.0, 23.0], 28.0)])
    # t = -1 / sqrt(1/3 + 1/3) = -1.2247, 4 degrees of freedom: P(|T| > t) = 1 - x (3 - x^2) / 2 with x = t / sqrt(4 + t^2)
    assert order.p == pytest.approx(0.2879, abs=1e-4)
    assert order.is_beyond_noise is False
    (far,) = orders([row("a", [20.0, 20.1, 20.2], 30.0), row("b", [21.0, 21.1, 21.2], 28.0)])
    assert far.is_beyond_noise


def test_one_run_says_nothing_of_noise() -> None:
    (order,) = orders([row("a", [22.0], 30.0), row("b", [20.0, 21.0], 28.0)])
    assert order.p is None
    assert order.is_beyond_noise is None


@pytest.mark.parametrize("other", [row("b", [23.0], None), row("b", [], 28.0), row("b", [23.0], 30.0)])
def test_systems_without_number_without_run_or_of_the_same_number_have_no_order(other: Row) -> None:
    assert orders([row("a", [20.0], 30.0), other]) == []


def cells(text: str) -> dict[str, list[str]]:
    """The cells of a table's rows, by the first one."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    return {name: rest for name, *rest in rows}


def test_the_table_says_what_agrees_and_what_does_not() -> None:
    text = markdown([row("a", [20.0, 22.0], 30.0), row("b", [23.0, 25.0], 28.0, diverged=1), row("c", [19.0], 25.0)], OF_INPUT)
    rows = cells(text)
    assert rows["a"][:6] == ["2", "21.00 (20.00 to 22.00)", "30.00", "-9.00", "0.900 (0.900 to 0.900)", ""]
    assert rows["b"][:2] == ["2, 1 diverged", "24.00 (23.00 to 25.00)"]
    assert "2 of 3 pairs of systems are as in the paper" in text
    assert "**disagrees**: a over b: -3.00 dB (within the seeds' noise, p = 0.17; paper +2.00)" in text
    assert "agrees: a over c: +2.00 dB (one run only; paper +5.00)" in text


def test_a_row_without_finished_run_is_empty() -> None:
    assert cells(markdown([row("a", [], 30.0, diverged=3)], OF_INPUT))["a"][:5] == ["0, 3 diverged", "", "30.00", "", ""]


def test_the_papers_best_network_and_objective_lead_its_tables() -> None:
    for table, best in (
        ("table1", "global U-Net"),
        ("table2", "global U-Net"),
        ("table3", "A-WGAN"),
        ("table4", "A-WGAN, two-way, iBN"),
    ):
        known = [system for system in TABLES[table].systems if system.paper]
        assert max(known, key=lambda system: system.paper["psnr"]).name == best
