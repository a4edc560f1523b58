from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deep_photo_enhancer.research.fivek import work
from deep_photo_enhancer.research.fivek.looks import LABELS
from tests.research.fivek.fixtures import (
    cut_short,
    lists,
    numbers,
    photo,
    problems,
    record_decoding,
    run,
    write,
)


def test_a_second_run_makes_only_what_the_first_could_not(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = (root / "expertC" / "a0001-photo.tif").read_bytes()
    cut_short(root / "expertC" / "a0001-photo.tif")
    problems(tmp_path)
    made = tmp_path / "fivek.unfinished"
    (made / "inputs" / "train" / "a0005.png").write_bytes(b"damaged")
    (made / "labels" / "test" / "a0020.png").unlink()
    (root / "expertC" / "a0001-photo.tif").write_bytes(whole)
    write(root / "expertC" / "a0003-photo.tif", photo(300, LABELS), bits=16)
    decoded = record_decoding(monkeypatch)
    run(tmp_path)
    assert sorted(decoded) == ["a0001-photo.tif", "a0003-photo.tif", "a0005-photo.tif", "a0020-photo.tif"]
    assert not made.exists()


def test_an_interrupted_run_leaves_no_folder_that_looks_complete(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(work, "load_pixels", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    assert root.is_dir()
    assert not (tmp_path / "fivek").exists()


def test_photos_of_an_earlier_split_do_not_stay(root: Path, tmp_path: Path) -> None:
    cut_short(root / "expertC" / "a0024-photo.tif")
    problems(tmp_path)
    lists(tmp_path / "lists", (2, 4), (1, 3), (5,))
    prepared, _ = run(tmp_path)
    assert len(list((tmp_path / "fivek").rglob("*.png"))) == 2 * 2 + 2 + 2
    assert numbers(prepared.unpaired_labels) == [1, 3]
