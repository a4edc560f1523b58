from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.fivek import load_prepared
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.data.pairs import load_photos
from deep_photo_enhancer.training.data.unpaired import load_unpaired
from tests.enhancing_fixtures import opened
from tests.research.fivek.fixtures import (
    SIZE,
    TEST,
    TRAIN,
    UNPAIRED,
    run,
)


@pytest.mark.usefixtures("root")
def test_the_supervised_method_trains_on_the_first_half_and_validates_with_the_test_pairs(tmp_path: Path) -> None:
    prepared, _ = run(tmp_path)
    training, validation = load_photos(DataConfig(**prepared.data("supervised"), crop=1.0), SIZE)
    assert training.names == [f"a{number:04d}.png" for number in TRAIN]
    assert validation.names == [f"a{number:04d}.png" for number in TEST]
    assert training.x is not None
    assert np.array_equal(training.x[0], np.asarray(opened(prepared.train[0][0])))


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("method", ["one_way", "two_way"])
def test_the_unpaired_methods_see_no_pair_and_validate_with_the_test_pairs(tmp_path: Path, method: str) -> None:
    prepared, _ = run(tmp_path)
    domains, validation = load_unpaired(DataConfig(**prepared.data(method), crop=1.0), SIZE, seed=1)
    assert (len(domains.x), len(domains.y)) == (len(TRAIN), len(UNPAIRED))
    assert np.array_equal(domains.y[0], np.asarray(opened(prepared.unpaired_labels[0])))
    assert validation.paired
    for (x, y), shown_x, shown_y in zip(prepared.test, validation.x, validation.y, strict=True):
        assert np.array_equal(shown_x, np.asarray(opened(x)))
        assert np.array_equal(shown_y, np.asarray(opened(y)))


def test_the_manifest_names_sources_and_contents(root: Path, tmp_path: Path) -> None:
    prepared, said = run(tmp_path)
    content = json.loads((tmp_path / "fivek" / "manifest.json").read_text())
    entry = next(entry for entry in content["photos"] if entry["file"] == "unpaired/labels/a0002.png")
    source = root / "expertC" / "a0002-photo.tif"
    assert entry["source"] == "a0002-photo.tif"
    assert entry["source_sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert entry["sha256"] == hashlib.sha256((tmp_path / "fivek" / entry["file"]).read_bytes()).hexdigest()
    assert (entry["width"], entry["height"], entry["split"], entry["role"]) == (32, 24, "unpaired", "labels")
    assert content["notes"] == said
    assert prepared.fingerprint == load_prepared(tmp_path / "fivek").fingerprint


@pytest.mark.usefixtures("root")
def test_the_fingerprint_does_not_depend_on_where_the_data_lie(tmp_path: Path) -> None:
    first, _ = run(tmp_path)
    (tmp_path / "disk").rename(tmp_path / "elsewhere")
    second, _ = run(tmp_path, root=tmp_path / "elsewhere", output=tmp_path / "again")
    assert first.fingerprint == second.fingerprint
    third, _ = run(tmp_path, root=tmp_path / "elsewhere", output=tmp_path / "smaller", size=16)
    assert third.fingerprint != first.fingerprint


@pytest.mark.usefixtures("root")
def test_a_prepared_photo_that_was_changed_is_named(tmp_path: Path) -> None:
    prepared, _ = run(tmp_path)
    shutil.copy(prepared.test[0][0], prepared.test[0][1])
    with pytest.raises(DataError, match=r"1 files have changed .*labels/test/a\d{4}\.png; remove the folder"):
        load_prepared(tmp_path / "fivek")


@pytest.mark.usefixtures("root")
def test_a_prepared_folder_that_lost_photos_or_was_never_one_is_not_loaded(tmp_path: Path) -> None:
    prepared, _ = run(tmp_path)
    for path in prepared.unpaired_labels[:2]:
        path.unlink()
    with pytest.raises(DataError, match=r"2 files are missing, the first unpaired/labels/a0002\.png"):
        load_prepared(tmp_path / "fivek")
    with pytest.raises(DataError, match="not a folder that `dpe data fivek` prepared"):
        load_prepared(tmp_path / "disk")
