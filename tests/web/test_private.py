from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from deep_photo_enhancer.web.private import PREFIX, PrivateFolder


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_goes_with_all_that_is_in_it(temporary: Path) -> None:
    with PrivateFolder() as folder:
        (folder.new() / "photo").write_bytes(b"x")
        assert folder.path.parent == temporary
    assert list(temporary.iterdir()) == []


def test_that_of_a_killed_server_goes_at_the_next_start_and_that_of_another_one_stays(temporary: Path) -> None:
    kill = "import os; from deep_photo_enhancer.web.private import PrivateFolder as F; print(F().path, flush=True); os._exit(9)"
    environment = os.environ | {"TMPDIR": str(temporary)}
    dead = Path(subprocess.run([sys.executable, "-c", kill], env=environment, capture_output=True, text=True).stdout.strip())
    assert dead.parent == temporary
    with PrivateFolder() as living, PrivateFolder():
        assert not dead.exists()
        assert living.path.exists()


def test_other_folders_stay(temporary: Path) -> None:
    (temporary / "photos").mkdir()
    (temporary / f"{PREFIX}starting").mkdir()  # its lock may be made in this moment
    (temporary / f"{PREFIX}link").symlink_to(temporary / "photos")
    with PrivateFolder():
        assert {path.name for path in temporary.iterdir()} >= {"photos", f"{PREFIX}starting", f"{PREFIX}link"}
