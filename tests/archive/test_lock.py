from __future__ import annotations

import json
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from deep_photo_enhancer.archive.lock import LOCK, hold
from deep_photo_enhancer.archive.places import Place
from deep_photo_enhancer.errors import ArchiveError
from deep_photo_enhancer.system.files import process_space

FAST = {"beat": 0.02, "patience": 0.16}


def places(folder: Path) -> list[Place]:
    return [Place.of(str(folder)), Place.of(f"memory://{folder.name}")]


@pytest.mark.parametrize("kind", [0, 1])
def test_a_second_driver_is_refused_and_the_first_goes_on(tmp_path: Path, kind: int) -> None:
    target = places(tmp_path)[kind]
    lines: list[str] = []
    with hold(target, lines.append, **FAST) as lost:
        me = rf"\(process {os.getpid()} on {socket.gethostname()}\)"
        with pytest.raises(ArchiveError, match=f"another driver is at work here {me}"), hold(target, lines.append, **FAST):
            pass
        assert not lost.is_set()
    assert len(lines) == 1
    assert target.read(LOCK) is None
    with hold(target, lines.append, **FAST):
        pass
    assert len(lines) == 1


@pytest.mark.parametrize("kind", [0, 1])
def test_the_lock_of_a_driver_that_shows_no_life_is_taken_after_a_while(tmp_path: Path, kind: int) -> None:
    target = places(tmp_path)[kind]
    assert target.create(LOCK, json.dumps({"owner": "x", "host": "elsewhere", "process": 1}).encode())
    start = time.monotonic()
    lines: list[str] = []
    with hold(target, lines.append, **FAST):
        assert time.monotonic() - start > FAST["patience"]
    assert lines == ["waiting 0.16 seconds to see whether another driver (process 1 on elsewhere) is alive"]


def test_the_lock_of_a_process_that_has_ended_is_taken_at_once(tmp_path: Path) -> None:
    target = Place.of(str(tmp_path))
    ended = {"owner": "x", "host": socket.gethostname(), "machine": process_space(), "process": 2**22 + 1}
    assert target.create(LOCK, json.dumps(ended).encode())
    lines: list[str] = []
    with hold(target, lines.append, beat=0.02, patience=60):
        assert lines == []


def test_a_process_of_that_number_elsewhere_is_another_one_though_the_machines_have_one_name(tmp_path: Path) -> None:
    target = Place.of(str(tmp_path))
    elsewhere = {"owner": "x", "host": socket.gethostname(), "machine": "another", "process": 2**22 + 1}
    assert target.create(LOCK, json.dumps(elsewhere).encode())
    lines: list[str] = []
    with hold(target, lines.append, **FAST):
        assert len(lines) == 1


def test_of_two_drivers_that_take_a_dead_ones_lock_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Place.of(str(tmp_path))
    ended = {"owner": "x", "machine": process_space(), "process": 2**22 + 1}
    assert target.create(LOCK, json.dumps(ended).encode())
    remove = Place.remove

    def remove_late(place: Place, key: str) -> None:
        """As of one who saw the dead lock, when the other has its own there already."""
        remove(place, key)
        assert place.create(key, b'{"owner": "y", "process": 7, "host": "elsewhere"}')
        monkeypatch.undo()
        threading.Timer(0.05, lambda: place.write(key, b'{"owner": "y", "process": 7, "host": "elsewhere", "beats": 2}')).start()

    monkeypatch.setattr(Place, "remove", remove_late)
    with (
        pytest.raises(ArchiveError, match=r"another driver is at work here \(process 7 on elsewhere\)"),
        hold(target, lambda _line: None, **FAST),
    ):
        pass


def test_a_driver_whose_lock_is_taken_is_told_and_leaves_the_others_lock(tmp_path: Path) -> None:
    target = Place.of(str(tmp_path))
    with hold(target, lambda _line: None, **FAST) as lost:
        target.write(LOCK, b'{"owner": "other"}')
        assert lost.wait(5)
    assert target.read(LOCK) == b'{"owner": "other"}'


def test_a_driver_that_ends_before_it_was_told_leaves_the_others_lock(tmp_path: Path) -> None:
    target = Place.of(str(tmp_path))
    with hold(target, lambda _line: None) as lost:
        target.write(LOCK, b'{"owner": "other"}')
        assert not lost.is_set()
    assert target.read(LOCK) == b'{"owner": "other"}'


class ResourceNotFoundError(Exception):
    """As Azure's library has it."""


def test_a_container_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    target = Place.of("memory://nowhere/target")

    def refuse(*_arguments: object, **_options: object) -> None:
        raise ResourceNotFoundError("The specified container does not exist.")

    monkeypatch.setattr(target.store, "pipe_file", refuse)
    with pytest.raises(ArchiveError, match="there is no bucket"), hold(target, lambda _line: None):
        pass


def test_a_target_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    sentence = r"file/\.dpe-archive/lock\.json: cannot write there: Not a directory; choose another target"
    with pytest.raises(ArchiveError, match=sentence), hold(Place.of(str(tmp_path / "file")), lambda _line: None):
        pass
