from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.evaluation.pairs import Pair
from deep_photo_enhancer.research.evaluation.thumbnails import Thumbnails
from tests.enhancing_fixtures import opened
from tests.synthetic import grey


def test_pictures_are_jpegs_no_larger_than_a_screen_of_input_systems_and_label_under_numbers(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path, ["brighter"])
    thumbnails.keep(Pair("../up", grey(50), grey(70)), {"brighter": grey(60)})
    thumbnails.keep(Pair("large", grey(50, 1200, 600), grey(70, 1200, 600)), {"brighter": grey(60, 1200, 600)})
    assert thumbnails.columns == ["input", "brighter", "label"]
    assert thumbnails.shapes == [(4, 6), (1200, 600)]
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jpg"))
    assert names == [thumbnails.path(photo, column) for photo in range(2) for column in range(3)]
    for photo, size in enumerate([(6, 4), (480, 960)]):
        shown = [opened(tmp_path / thumbnails.path(photo, column)) for column in range(3)]
        assert {picture.size for picture in shown} == {size}
        np.testing.assert_allclose([np.asarray(picture).mean() for picture in shown], [50, 60, 70], atol=1)


def test_a_system_called_input_is_shown_as_it_is(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path, ["input"])
    thumbnails.keep(Pair("photo", grey(50), grey(60)), {"input": grey(70)})
    assert thumbnails.columns == ["input", "label"]
    assert np.asarray(opened(tmp_path / "pictures" / "00001-0.jpg")).mean() == pytest.approx(70, abs=1)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file: cannot write there: .*; choose another folder"):
        Thumbnails(tmp_path / "file", [])
