from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.evaluation.evaluate import evaluate
from deep_photo_enhancer.research.evaluation.results import Evaluation
from deep_photo_enhancer.training.metrics.quality import ciede2000, psnr, ssim, ssim_uniform
from tests.research.evaluation.fixtures import darker, pairs, unchanged


def test_figures_are_each_metric_of_each_photo(evaluation: Evaluation) -> None:
    assert evaluation.systems == ["darker", "unchanged"]
    assert evaluation.names == ["p0", "p1", "p2", "p3"]
    for name, metric in [("psnr", psnr), ("ssim_uniform", ssim_uniform), ("ssim_gaussian", ssim), ("ciede2000", ciede2000)]:
        expected = [metric(darker(pair.x), pair.y) for pair in pairs()]
        np.testing.assert_allclose(evaluation.figures["darker"][name], expected)
    assert evaluation.figures["unchanged"]["psnr"][2] == math.inf


def test_a_result_of_another_size_is_an_error_that_names_photo_and_system() -> None:
    with pytest.raises(DataError, match=r"p0: half makes a picture of \(24, 64, 3\), uint8, but the label is \(48, 64, 3\)"):
        evaluate({"half": lambda x: x[::2]}, pairs())


def test_nothing_cannot_be_evaluated() -> None:
    for systems, photos in [({}, pairs()), ({"input": unchanged}, [])]:
        with pytest.raises(ValueError, match="a system and a pair"):
            evaluate(systems, photos)


def test_a_folder_that_cannot_be_written_to_is_named_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    def never(_x: Pixels) -> Pixels:
        raise AssertionError("work was done")

    with pytest.raises(DataError, match=r"out: cannot write there: Not a directory; choose another folder"):
        evaluate({"input": never}, pairs(), tmp_path / "file" / "out")
