from __future__ import annotations

import csv
import io
import json

import pytest

from deep_photo_enhancer.research.evaluation.evaluate import evaluate
from deep_photo_enhancer.research.evaluation.pairs import Pair
from deep_photo_enhancer.research.evaluation.results import Evaluation
from deep_photo_enhancer.research.evaluation.tables import csv_text, json_text, markdown, text
from deep_photo_enhancer.training.metrics.quality import METRICS
from tests.research.evaluation.fixtures import HOSTILE, pairs, unchanged
from tests.synthetic import grey


@pytest.fixture(scope="module")
def hostile() -> Evaluation:
    return evaluate({HOSTILE: unchanged, "input": unchanged}, [Pair(HOSTILE, grey(9), grey(8))])


def test_the_terminals_tables_are_aligned(evaluation: Evaluation) -> None:
    heading, first, second, *rest = text(evaluation).splitlines()
    assert heading.split("  ")[0] == "system"
    assert first.startswith("darker     4       ")
    assert first.index(f"{evaluation.mean('darker', 'ssim_uniform').mean:.4f} [") == heading.index("SSIM 7x7")
    assert second[heading.index("PSNR") :].startswith("inf [")
    assert rest[1].startswith("difference from darker")
    assert rest[2].startswith("unchanged ")


def test_a_single_system_has_no_differences() -> None:
    assert "difference" not in text(evaluate({"input": unchanged}, pairs()))


def test_a_hostile_name_is_one_printable_cell_on_the_terminal(hostile: Evaluation) -> None:
    heading, row, other, *_ = text(hostile).splitlines()
    assert row.startswith(r"<b>" + "\"&'|`*_" + r"\n\x1b[31m\u202e</b>  1       48.13")
    assert row.index("48.13") == other.index("48.13") == heading.index("PSNR")
    assert all(line.isprintable() for line in text(hostile).splitlines())


def test_a_hostile_name_is_text_in_one_cell_of_markdown(hostile: Evaluation) -> None:
    row = markdown(hostile).splitlines()[2]
    assert r"\<b\>" + "\"&'" + r"\|\`\*\_ \x1b[31m\u202e\</b\>" in row
    assert [cell.strip() for cell in row.replace(r"\|", "").split("|")][2:4] == ["1", "48.13 [48.13, 48.13]"]


def test_csv_has_a_row_for_each_photo_and_system_and_gives_names_back(evaluation: Evaluation, hostile: Evaluation) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(evaluation))))
    assert len(rows) == 8
    for row in rows:
        photo = evaluation.names.index(row["photo"])
        for metric in METRICS:
            assert float(row[metric]) == pytest.approx(evaluation.figures[row["system"]][metric][photo], abs=1e-6)
    assert [row["photo"] for row in csv.DictReader(io.StringIO(csv_text(hostile), newline=""))] == [HOSTILE] * 2


def test_json_has_means_and_differences(evaluation: Evaluation) -> None:
    results = json.loads(json_text(evaluation))
    assert results["systems"]["darker"]["psnr"]["mean"] == evaluation.mean("darker", "psnr").mean
    assert results["systems"]["unchanged"]["psnr"]["mean"] == "inf"
    assert results["differences"]["from"] == "darker"
    high = results["differences"]["systems"]["unchanged"]["ciede2000"]["high"]
    assert high == evaluation.difference("unchanged", "ciede2000").high
