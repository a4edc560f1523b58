from __future__ import annotations

import io
import mmap
from pathlib import Path

import pytest

from deep_photo_enhancer.photo.containers.bytes import DamagedError, copy, map_file, numbers


def test_a_file_is_mapped_and_an_empty_one_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    with (tmp_path / "a").open("rb") as file, map_file(file) as data:
        assert isinstance(data, mmap.mmap)
        assert data[:] == b"content"
    (tmp_path / "a").write_bytes(b"")
    with (tmp_path / "a").open("rb") as file, map_file(file) as data:
        assert data == b""


def test_a_file_system_without_maps_gives_the_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(19, "No such device")

    (tmp_path / "a").write_bytes(b"content")
    monkeypatch.setattr("deep_photo_enhancer.photo.containers.bytes.mmap.mmap", refuse)
    with (tmp_path / "a").open("rb") as file, map_file(file) as data:
        assert data == b"content"


def test_numbers_that_do_not_lie_in_the_data_are_damage() -> None:
    assert numbers(">HB", b"\0\1\2\3", 1) == (0x0102, 3)
    for at in (-1, 2, 99):
        with pytest.raises(DamagedError):
            numbers(">HB", b"\0\1\2\3", at)


def test_a_stretch_is_copied_whole() -> None:
    data, target = bytes(range(256)) * 10_000, io.BytesIO()
    copy(data, 5, 2_500_000, target)
    assert target.getvalue() == data[5:2_500_000]
