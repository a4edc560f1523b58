from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binomtest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.study.report import markdown, proportion, result
from deep_photo_enhancer.research.study.votes import Vote
from tests.research.study.fixtures import TABLE_5, TABLE_5_SYSTEMS, table_5_votes


@pytest.fixture(scope="module")
def paper() -> dict[str, Any]:
    return result(table_5_votes())


def test_the_papers_table_comes_out_of_its_votes(paper: dict[str, Any]) -> None:
    assert paper["totals"] == {"DPE": 1433, "CLHE": 993, "NPEA": 824, "DPED": 657, "CycleGAN": 93}
    assert paper["systems"] == ["DPE", "CLHE", "NPEA", "DPED", "CycleGAN"]
    assert paper["wins"] == [list(reversed(row)) for row in reversed(TABLE_5)]
    assert (paper["votes"], paper["participants"], paper["photos"]) == (4000, 20, 20)


def test_the_papers_systems_rank_the_same_by_bradley_terry(paper: dict[str, Any]) -> None:
    found = paper["bradley_terry"]
    assert [each["system"] for each in found] == list(reversed(TABLE_5_SYSTEMS))
    values = [each["score"] for each in found]
    assert values == sorted(values, reverse=True)
    assert sum(values) == pytest.approx(0, abs=1e-9)
    assert all(each["low"] < each["score"] < each["high"] for each in found)


def test_dpe_is_preferred_to_clhe_by_81_percent(paper: dict[str, Any]) -> None:
    (pair,) = [pair for pair in paper["shares"] if (pair["system"], pair["over"]) == ("DPE", "CLHE")]
    assert f"{pair['share']:.0%}" == "81%"
    assert len(paper["shares"]) == len(list(combinations(TABLE_5_SYSTEMS, 2)))


@pytest.mark.parametrize(("successes", "votes"), [(323, 400), (0, 7), (7, 7), (1, 1), (5, 10)])
def test_intervals_of_shares_are_scipys(successes: int, votes: int) -> None:
    ends = binomtest(successes, votes).proportion_ci(method="wilson")
    found = proportion(successes, votes)
    assert (found["low"], found["high"]) == pytest.approx((ends.low, ends.high), abs=1e-9)


def test_the_page_says_what_the_figures_say(paper: dict[str, Any]) -> None:
    page = markdown(paper)
    assert "4000 votes by 20 participants on 20 photos." in page
    assert "| DPE      |   - |  323 |  350 |  371 |      389 |  1433 |" in page
    assert "| DPE over CLHE      |       81% |   77% to 84% |" in page
    assert "Krippendorff's alpha" in page
    assert "left" not in page  # sides are not in the paper
    assert json.loads(json.dumps(paper)) == paper


def test_the_document_tells_the_papers_scores_and_the_right_precision(paper: dict[str, Any]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "study.md").read_text(encoding="utf-8")
    assert ", ".join(f"{each['system']} {each['score']:+.2f}" for each in paper["bradley_terry"]) in page
    rows = re.findall(r"^\| (\d+)[^|]*\| ±(\d+) \| ±(\d+) \|$", page, re.MULTILINE)
    assert len(rows) == 5
    for votes, at_half, at_80 in rows:
        for share, told in ((0.5, at_half), (0.8, at_80)):
            found = proportion(round(share * int(votes)), int(votes))
            assert f"{50 * (found['high'] - found['low']):.0f}" == told


VOTES = [
    Vote("1", "sea", "a", "b", "a", 1000),
    Vote("1", "hill", "b", "a", "a", 3000),
    Vote("2", "sea", "a", "b", "b", 2000),
    Vote("2", "hill", "a", "b", "b", 8000),
]


def test_sides_and_times_are_told_where_they_are_known() -> None:
    figures = result(VOTES)
    assert figures["left"]["share"] == 0.25
    assert figures["median_seconds"] == 2.5
    assert "The left picture was chosen in 25% of votes" in markdown(figures)
    assert "Half of the votes took less than 2.5 s." in markdown(figures)


def test_a_system_that_never_lost_is_first_and_has_no_score() -> None:
    never_lost = [replace(vote, winner="a", loser="b") for vote in VOTES]
    figures = result([*never_lost, Vote("1", "sea", "b", "c"), Vote("2", "sea", "c", "b")])
    assert figures["bradley_terry"] is None
    assert figures["systems"][0] == "a"
    assert "some systems have never lost to the others" in markdown(figures)


def test_one_participant_gets_scores_without_intervals() -> None:
    figures = result([replace(vote, participant="1", photo=str(i)) for i, vote in enumerate(VOTES)])
    assert [each["low"] for each in figures["bradley_terry"]] == [None, None]
    assert markdown(figures).count("too few participants") == 2


def test_names_with_bars_do_not_break_the_tables() -> None:
    page = markdown(result([Vote("1", "sea", "a|b", "c")]))
    assert "| a\\|b " in page


def test_names_with_line_breaks_and_terminal_commands_are_shown_as_text() -> None:
    page = markdown(result([Vote("1", "sea", "two\nlines", "\x1b[31mred")]))
    assert "| two lines " in page
    assert "\\x1b[31mred" in page
    assert all(line.isprintable() for line in page.split("\n"))


def test_no_votes_are_an_error() -> None:
    with pytest.raises(DataError, match="no votes yet"):
        result([])
