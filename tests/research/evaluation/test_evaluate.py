from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.evaluation.evaluate import Evaluation, evaluate
from deep_photo_enhancer.research.evaluation.pairs import Pair
from deep_photo_enhancer.training.metrics.quality import METRICS, ciede2000, psnr, ssim, ssim_uniform
from tests.synthetic import grey, synthetic_photo


def unchanged(x: Pixels) -> Pixels:
    return x


def darker(x: Pixels) -> Pixels:
    return x // np.uint8(2)


def pairs() -> list[Pair]:
    """The third one's label is its input."""
    photos = [synthetic_photo(i, 48, 64) for i in range(4)]
    return [Pair(f"p{i}", photo, photo if i == 2 else synthetic_photo(i + 9, 48, 64)) for i, photo in enumerate(photos)]


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluate({"darker": darker, "unchanged": unchanged}, pairs())


def test_figures_are_each_metric_of_each_photo(evaluation: Evaluation) -> None:
    assert evaluation.systems == ["darker", "unchanged"]
    assert evaluation.names == ["p0", "p1", "p2", "p3"]
    for name, metric in [("psnr", psnr), ("ssim_uniform", ssim_uniform), ("ssim_gaussian", ssim), ("ciede2000", ciede2000)]:
        expected = [metric(darker(pair.x), pair.y) for pair in pairs()]
        np.testing.assert_allclose(evaluation.figures["darker"][name], expected)
    assert evaluation.figures["unchanged"]["psnr"][2] == math.inf


def test_means_and_differences_are_over_photos(evaluation: Evaluation) -> None:
    darker_, unchanged_ = (evaluation.figures[system]["ciede2000"] for system in evaluation.systems)
    assert evaluation.mean("darker", "ciede2000").mean == pytest.approx(darker_.mean())
    difference = evaluation.difference("unchanged", "ciede2000")
    assert difference.mean == pytest.approx((unchanged_ - darker_).mean())
    assert difference.low <= difference.mean <= difference.high
    assert evaluation.mean("unchanged", "psnr").mean == math.inf
    assert evaluation.difference("darker", "psnr").mean == 0


def test_photos_that_both_systems_get_right_do_not_differ() -> None:
    equal = evaluate({"a": unchanged, "b": unchanged}, pairs())
    assert equal.difference("b", "psnr").mean == 0


def test_a_result_of_another_size_is_an_error_that_names_photo_and_system() -> None:
    with pytest.raises(DataError, match=r"p0: half makes a picture of \(24, 64, 3\), uint8, but the label is \(48, 64, 3\)"):
        evaluate({"half": lambda x: x[::2]}, pairs())


def test_nothing_cannot_be_evaluated() -> None:
    for systems, photos in [({}, pairs()), ({"input": unchanged}, [])]:
        with pytest.raises(ValueError, match="a system and a pair"):
            evaluate(systems, photos)


def test_the_terminals_tables_are_aligned(evaluation: Evaluation) -> None:
    heading, first, second, *rest = evaluation.text().splitlines()
    assert heading.split("  ")[0] == "system"
    assert first.startswith("darker     4       ")
    assert first.index(f"{evaluation.mean('darker', 'ssim_uniform').mean:.4f} [") == heading.index("SSIM 7x7")
    assert second[heading.index("PSNR") :].startswith("inf [")
    assert rest[1].startswith("difference from darker")
    assert rest[2].startswith("unchanged ")


def test_a_single_system_has_no_differences() -> None:
    assert "difference" not in evaluate({"input": unchanged}, pairs()).text()


def test_written_files_hold_the_same_figures(tmp_path: Path, evaluation: Evaluation) -> None:
    evaluation.write(tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "report.html",
        "results.csv",
        "results.json",
        "table.md",
    ]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out" / "results.csv").read_text(encoding="utf-8"))))
    assert len(rows) == 8
    for row in rows:
        photo = evaluation.names.index(row["photo"])
        for metric in METRICS:
            assert float(row[metric]) == pytest.approx(evaluation.figures[row["system"]][metric][photo], abs=1e-6)
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert results["systems"]["darker"]["psnr"]["mean"] == evaluation.mean("darker", "psnr").mean
    assert results["systems"]["unchanged"]["psnr"]["mean"] == "inf"
    assert results["differences"]["from"] == "darker"
    assert (
        results["differences"]["systems"]["unchanged"]["ciede2000"]["high"]
        == evaluation.difference("unchanged", "ciede2000").high
    )
    assert re.search(r"^\| darker +\| +4 \| ", (tmp_path / "out" / "table.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_markdown_keeps_names_in_their_cells() -> None:
    table = evaluate({"a|b_c": unchanged}, [Pair("p", grey(9), grey(8))]).markdown()
    assert table.splitlines()[2].startswith(r"| a\|b\_c |      1 | 48.13 [48.13, 48.13] |")


def test_a_folder_that_cannot_be_written_to_is_named_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    def never(_x: Pixels) -> Pixels:
        raise AssertionError("work was done")

    with pytest.raises(DataError, match=r"out: cannot write there: Not a directory; choose another folder"):
        evaluate({"input": never}, pairs(), tmp_path / "file" / "out")
    with pytest.raises(DataError, match="file: cannot write there"):
        evaluate({"input": unchanged}, pairs()).write(tmp_path / "file")
