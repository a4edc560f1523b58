from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deep_photo_enhancer.research.fivek.looks import LABELS
from tests.research.fivek.fixtures import (
    PROPHOTO,
    TEST,
    TRAIN,
    UNPAIRED,
    cut_short,
    lists,
    photo,
    problems,
    run,
    write,
)


@pytest.mark.usefixtures("root")
def test_without_lists_the_split_is_by_number_and_said_to_be_another(tmp_path: Path) -> None:
    prepared, said = run(tmp_path, splits=None)
    assert (len(prepared.train), len(prepared.unpaired_labels), len(prepared.test)) == (11, 11, 2)
    assert not prepared.paper_splits
    assert any(line.startswith("warning: split by number, not by the paper's lists") for line in said)
    assert prepared.warnings == [line.removeprefix("warning: ") for line in said if line.startswith("warning: ")]


def test_everything_wrong_is_reported_at_once_and_nothing_is_made(root: Path, tmp_path: Path) -> None:
    inputs, labels = root / "InputAsShotZeroed", root / "expertC"
    cut_short(labels / "a0001-photo.tif")
    (inputs / "a0003-photo.tif").write_bytes(b"no picture")
    (inputs / "a0005-photo.tif").unlink()
    (labels / "a0007-photo.tif").unlink()
    shutil.copy(labels / "a0009-photo.tif", labels / "a0009-photo-2.tif")
    shutil.copy(labels / "a0002-photo.tif", labels / "a0004-photo.tif")
    write(labels / "a0011-photo.tif", photo(11, LABELS, 64, 48))
    broken = write(labels / "a0013-photo.tif", photo(13), profile=PROPHOTO)
    broken.write_bytes(broken.read_bytes().replace(b"rXYZ", b"\0\0\0\0"))
    lists(tmp_path / "lists", TRAIN, [*UNPAIRED, 4000], [*TEST, 5])
    assert problems(tmp_path) == {
        "files that are damaged or cut short; copy or export them again": [
            str(inputs / "a0003-photo.tif"),
            str(labels / "a0001-photo.tif"),
        ],
        f"photos of the lists that are not in the folder of inputs {inputs}": ["a0005", "a0005"],
        f"photos of the lists that are not in the folder of labels {labels}": ["a0007", "a4000"],
        "labels with a number that another one has; keep one of each, or name a folder with one with --labels": [
            "a0009-photo.tif and a0009-photo-2.tif"
        ],
        "photos that are in train_input.txt and in test.txt; the lists may have none in common": ["a0005"],
        "pairs of different shapes; was one of them cropped or turned?": ["a0011 (64 x 48 and 48 x 64)"],
        "files whose colour profile cannot be used; export them again as sRGB": [f"{broken} (ProPhoto RGB)"],
        "files with the same content; each photo may be there once": ["labels a0002-photo.tif = labels a0004-photo.tif"],
    }


def test_without_lists_photos_without_partner_are_reported(root: Path, tmp_path: Path) -> None:
    (root / "expertC" / "a0003-photo.tif").unlink()
    (root / "InputAsShotZeroed" / "a0004-photo.tif").unlink()
    assert problems(tmp_path, splits=None) == {
        f"inputs without a label in {root / 'expertC'}": ["a0003"],
        f"labels without an input in {root / 'InputAsShotZeroed'}": ["a0004"],
    }
