from __future__ import annotations

from pathlib import Path

import pytest

from deep_photo_enhancer.system.files import atomic_write, remove_unfinished_files


def test_the_file_appears_when_the_block_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "figures.json"
    with atomic_write(path) as unfinished:
        unfinished.write_text("all of it")
        assert not path.exists()
    assert path.read_text() == "all of it"
    assert [file.name for file in path.parent.iterdir()] == ["figures.json"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic_write(path) as unfinished:  # noqa: PT012
        unfinished.write_text("half of")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["figures.json"]


def test_a_process_that_ends_can_remove_what_its_threads_have_not_finished(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "done.json") as unfinished:
        unfinished.write_text("done")
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "a.json"), atomic_write(tmp_path / "b.json"):  # noqa: PT012
        assert len(list(tmp_path.iterdir())) == 3
        remove_unfinished_files()
        assert [file.name for file in tmp_path.iterdir()] == ["done.json"]
    assert [file.name for file in tmp_path.iterdir()] == ["done.json"]
