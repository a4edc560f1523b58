from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from deep_photo_enhancer.archive.work import FORGOTTEN, _space, remove_scratch


@pytest.mark.skipif(os.name != "posix", reason="needs numbers of processes")
def test_what_killed_workers_left_is_removed_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead, here = 2**22 + 1, _space()
    long_ago = time.time() - FORGOTTEN - 60
    left = [f"dpe-archive-photo-{here}-{dead}-x", f"dpe-archive-photo-another-{dead}-old"]
    others = [f"dpe-archive-photo-{here}-{os.getpid()}-x", f"dpe-archive-photo-another-{dead}-x", "dpe-archive-model-0", "mine"]
    for name in (*left, *others):
        (tmp_path / name).mkdir()
        (tmp_path / name / "photo.jpg").touch()
    os.utime(tmp_path / left[1], (long_ago, long_ago))
    remove_scratch()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)
