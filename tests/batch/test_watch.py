from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

from deep_photo_enhancer.batch import Job, watch


class Look:
    """A plan over a folder that the test changes between two looks; it ends the watch after the last step."""

    def __init__(self, folder: Path, stop: Event, steps: list[object]) -> None:
        self._folder, self._stop, self._steps = folder, stop, iter(steps)

    def __iter__(self) -> Iterator[Job]:
        step = next(self._steps, None)
        if isinstance(step, dict):
            for name, content in step.items():
                path = self._folder / name
                path.unlink() if content is None else path.write_bytes(content)
        if step is None:
            self._stop.set()
            return
        for path in sorted(self._folder.iterdir()):
            yield Job(path, self._folder.parent / "out" / path.name)


def rounds(folder: Path, steps: list[object]) -> list[list[str]]:
    folder.mkdir()
    stop = Event()
    return [[job.source.name for job in jobs] for jobs in watch(Look(folder, stop, steps), stop, interval=0)]


def test_a_photo_comes_when_its_size_has_settled_and_once(tmp_path: Path) -> None:
    growing: list[object] = [{"a": b"1"}, {"a": b"12"}, {"a": b"123"}, "settled", "again", "again"]
    assert rounds(tmp_path / "hot", growing) == [["a"]]
    assert rounds(tmp_path / "never", growing[:3]) == []


def test_a_photo_that_changes_later_comes_again(tmp_path: Path) -> None:
    steps: list[object] = [{"a": b"1"}, "settled", {"a": b"changed"}, "settled", {"a": None}, {"a": b"changed"}, "settled"]
    assert rounds(tmp_path / "hot", steps) == [["a"]] * 3


def test_photos_that_come_meanwhile_do_not_hold_up_the_others(tmp_path: Path) -> None:
    assert rounds(tmp_path / "hot", [{"a": b"1"}, {"b": b"1"}, {"b": b"12"}, "settled"]) == [["a"], ["b"]]


def test_what_cannot_be_looked_at_comes_once(tmp_path: Path) -> None:
    stop = Event()
    looks = 0

    class Problem:
        def __iter__(self) -> Iterator[Job]:
            nonlocal looks
            looks += 1
            stop.set() if looks == 4 else None
            yield Job(tmp_path / "gone", tmp_path / "out", "no access")

    assert [job.problem for jobs in watch(Problem(), stop, interval=0) for job in jobs] == ["no access"]
