from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.evaluation.evaluate import check
from deep_photo_enhancer.research.evaluation.pairs import pairs_in, read
from deep_photo_enhancer.research.evaluation.precomputed import PrecomputedImages
from tests.synthetic import synthetic_photo, write_photo


def test_images_are_scaled_with_their_inputs_and_those_of_other_photos_are_ignored(tmp_path: Path) -> None:
    for i, size in enumerate([(60, 90), (90, 60), (60, 80)]):
        write_photo(tmp_path / "inputs" / f"a{i}.png", synthetic_photo(i, *size))
        write_photo(tmp_path / "labels" / f"a{i}.tif", synthetic_photo(i + 10, *size))
    for i, size in enumerate([(120, 180), (90, 60), (60, 80), (5, 5)]):
        write_photo(tmp_path / "tool" / f"a{i}.png", synthetic_photo(i + 20, *size))
    pairs, tool = pairs_in(tmp_path / "inputs", tmp_path / "labels", size=64), PrecomputedImages(tmp_path / "tool", 64)
    check(pairs, [tool])
    for pair in pairs:
        np.testing.assert_array_equal(tool(pair), read(tmp_path / "tool" / f"{pair.name}.png", 64))
        assert tool(pair).shape == pair.y.shape


def test_a_folder_without_photos_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no photos there"):
        PrecomputedImages(tmp_path, None)
