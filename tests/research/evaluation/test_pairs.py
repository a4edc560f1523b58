from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.evaluation import pairs as pairs_module
from deep_photo_enhancer.research.evaluation.evaluate import check
from deep_photo_enhancer.research.evaluation.pairs import pairs_in, prepared_pairs, shape
from deep_photo_enhancer.research.evaluation.precomputed import PrecomputedImages
from tests.enhancing_fixtures import opened
from tests.synthetic import synthetic_photo, write_photo


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Three inputs, lying and standing, and labels of the same stems."""
    for i, size in enumerate([(60, 90), (90, 60), (60, 80)]):
        write_photo(tmp_path / "inputs" / f"a{i}.png", synthetic_photo(i, *size))
        write_photo(tmp_path / "labels" / f"a{i}.tif", synthetic_photo(i + 10, *size))
    return tmp_path / "inputs", tmp_path / "labels"


def test_pairs_are_read_as_they_are_and_again_at_every_turn(folders: tuple[Path, Path]) -> None:
    pairs = pairs_in(*folders)
    assert len(pairs) == 3
    for _ in range(2):
        assert [pair.name for pair in pairs] == ["a0", "a1", "a2"]
        for i, pair in enumerate(pairs):
            np.testing.assert_array_equal(pair.x, np.asarray(opened(folders[0] / f"a{i}.png")))
            np.testing.assert_array_equal(pair.y, np.asarray(opened(folders[1] / f"a{i}.tif")))


def test_a_size_scales_large_photos_down_and_leaves_small_ones(folders: tuple[Path, Path]) -> None:
    pairs = pairs_in(*folders, size=85)
    assert [pair.x.shape[:2] for pair in pairs] == [(57, 85), (85, 57), (60, 80)]
    assert all(pair.x.shape == pair.y.shape for pair in pairs)
    assert [shape(x, 85) for x, _ in pairs.files] == [(57, 85), (85, 57), (60, 80)]
    assert "Photos and labels are scaled down to a long side of 85 pixels." in pairs.notes


def test_a_prepared_folder_gives_its_test_photos_and_what_to_know_of_them(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    test = [(folders[0] / "a1.png", folders[1] / "a1.tif")]
    prepared = SimpleNamespace(test=test, splits="the paper's lists", warnings=["inputs are dark"], fingerprint="12ab")
    monkeypatch.setattr(pairs_module, "load_prepared", {Path("data"): prepared}.__getitem__)
    pairs = prepared_pairs(Path("data"), size=64)
    assert [pair.name for pair in pairs] == ["a1"]
    assert list(pairs.notes) == [
        "Test photos of data, the paper's lists.",
        "Warning: inputs are dark.",
        "SHA-256 over all prepared photos: 12ab.",
        "Photos and labels are scaled down to a long side of 64 pixels.",
    ]


def test_everything_wrong_is_one_list(folders: tuple[Path, Path], tmp_path: Path) -> None:
    inputs, labels = folders
    (inputs / "a0.png").write_bytes((inputs / "a0.png").read_bytes()[:400])
    write_photo(inputs / "alone.png", synthetic_photo(0))
    write_photo(labels / "a2.tif", synthetic_photo(0, 30, 40))
    tool = tmp_path / "tool"
    write_photo(tool / "a1.png", synthetic_photo(0, 60, 90))
    write_photo(tool / "a2.png", synthetic_photo(0))
    write_photo(tool / "more" / "a2.jpg", synthetic_photo(0))
    with pytest.raises(DataError) as caught:
        check(pairs_in(inputs, labels), [PrecomputedImages(tool, None)])
    lines = str(caught.value).splitlines()
    assert lines.pop(3).startswith(f"  {inputs / 'a0.png'}: damaged, or not a photo in a form that is known")
    assert lines == [
        "6 problems with the photos:",
        f"  {inputs / 'alone.png'}: no label of this name in {labels}",
        f"  {inputs / 'a2.png'}: 80 x 60 pixels, but its label {labels / 'a2.tif'} has 40 x 30",
        f"  {inputs / 'a0.png'}: no picture of this name in {tool}",
        f"  {inputs / 'a2.png'}: 2 pictures of this name in {tool}",
        f"  {tool / 'a1.png'}: 90 x 60 pixels, but its input {inputs / 'a1.png'} has 60 x 90",
    ]


def test_a_photo_that_vanishes_is_named(folders: tuple[Path, Path]) -> None:
    pairs = pairs_in(*folders)
    (folders[0] / "a1.png").unlink()
    with pytest.raises(DataError, match=r"a1\.png: no such file"):
        list(pairs)
