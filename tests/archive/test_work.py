from __future__ import annotations

import os
from pathlib import Path

import pytest

from deep_photo_enhancer.archive.work import remove_scratch


@pytest.mark.skipif(os.name != "posix", reason="needs numbers of processes")
def test_what_killed_workers_left_is_removed_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left, others = f"dpe-archive-{2**22 + 1}-x", [f"dpe-archive-{os.getpid()}-x", "dpe-archive-model-0", "mine"]
    for name in (left, *others):
        (tmp_path / name).mkdir()
        (tmp_path / name / "photo.jpg").touch()
    remove_scratch()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)
