from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.research.fivek.fixtures import TEST, TRAIN, UNPAIRED, exports, lists


@pytest.fixture(scope="session")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exports(tmp_path_factory.mktemp("fivek") / "disk")


@pytest.fixture
def root(disk: Path, tmp_path: Path) -> Path:
    """24 pairs of a test's own, and lists beside them."""
    lists(tmp_path / "lists", TRAIN, UNPAIRED, TEST)
    return shutil.copytree(disk, tmp_path / "disk")
