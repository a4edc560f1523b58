from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.enhancement import bench
from deep_photo_enhancer.enhancement.bench import run_bench
from deep_photo_enhancer.enhancement.bench.measure import STAGES, synthetic_photo
from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import Photo


def test_without_photos_one_is_made_up_and_report_and_json_tell_the_same_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[int, int]] = []

    def small(width: int, height: int) -> Photo:
        made.append((width, height))
        return synthetic_photo(300, 200)

    monkeypatch.setattr(bench, "synthetic_photo", small)
    steps: list[str] = []
    figures = run_bench([], "natural", "cpu", 1, steps.append)
    assert len(steps) == bench.count_measurements(0, 1)
    assert made[0] == (6000, 4000)
    assert json.loads(json.dumps(figures)) == figures
    (measured,) = figures["photos"]
    assert list(measured["stages"]) == list(STAGES)
    assert measured["megapixels"] == pytest.approx(0.06)
    assert 0 < measured["stages"]["encode"] < measured["whole"] < measured["command"]
    assert measured["ratio"] == pytest.approx(measured["whole"] / measured["floor"])
    assert measured["peak_megabytes"] is None or 50 < measured["peak_megabytes"] < 1000
    assert re.search(rf"\| made-up.jpg +\| +0\.1 \| +{measured['stages']['decode']:.3f} \|", bench.markdown(figures))
    assert figures["folder"]["photos"] == bench.FOLDER
    assert figures["machine"]["compiled kernel"] is True
    assert re.search(rf"Cold start: .* {figures['cold start']:.2f} s", bench.report(figures))


def test_a_photo_that_cannot_be_read_ends_it_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"missing\.jpg: no such file"):
        run_bench([tmp_path / "missing.jpg"], "natural", "cpu", runs=1)


def test_the_made_up_photo_is_the_same_every_time_and_no_plain_surface() -> None:
    first, second = synthetic_photo(640, 400), synthetic_photo(640, 400)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert first.size == (640, 400)
    assert 3 < np.diff(first.pixels.astype(float), axis=1).std() < 12
