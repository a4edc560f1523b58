from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from deep_photo_enhancer.enhancement.batch import Job, Plan, watch
from deep_photo_enhancer.errors import PhotoError


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


def test_a_name_that_two_watched_folders_share_fails_for_the_later_photo_only(tmp_path: Path) -> None:
    monday, tuesday, output = (tmp_path / name for name in ("monday", "tuesday", "out"))
    for folder in (monday, tuesday):
        folder.mkdir()
    plan = Plan([monday, tuesday], output, suffix=".jpg", watched=True)
    (tuesday / "a.jpg").touch()
    assert list(plan) == [Job(tuesday / "a.jpg", output / "a.jpg")]
    (monday / "a.jpg").touch()
    (monday / "b.jpg").touch()
    clash = (
        f"{monday / 'a.jpg'} and {tuesday / 'a.jpg'} would both become {output / 'a.jpg'}; enhance them into different folders"
    )
    assert list(plan) == [
        Job(monday / "a.jpg", output / "a.jpg", clash),
        Job(monday / "b.jpg", output / "b.jpg"),
        Job(tuesday / "a.jpg", output / "a.jpg"),
    ]
    (tuesday / "a.jpg").unlink()  # its output is still its own
    assert next(iter(plan)).problem == clash


def test_a_photo_of_a_watched_folder_may_take_over_the_name_of_another_one_there(tmp_path: Path) -> None:
    hot, other = tmp_path / "hot", tmp_path / "other"
    for folder in (hot, other):
        folder.mkdir()
    plan = Plan([hot, other], tmp_path / "out", suffix=".jpg", watched=True)
    (hot / "a.png").touch()
    assert [job.output.name for job in plan] == ["a.jpg"]
    (hot / "a.jpg").touch()
    assert [(job.output.name, job.problem) for job in plan] == [("a.jpg", None), ("a.png.jpg", None)]


def test_folders_to_be_watched_that_clash_from_the_start_are_refused(tmp_path: Path) -> None:
    for name in ("monday", "tuesday"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jpg").touch()
    with pytest.raises(PhotoError, match="would both become"):
        Plan([tmp_path / "monday", tmp_path / "tuesday"], tmp_path / "out", watched=True).check()


def test_a_watched_photo_that_would_be_overwritten_is_a_problem_of_its_own(tmp_path: Path) -> None:
    hot, output = tmp_path / "hot", tmp_path / "hot2"
    for folder in (hot, output):
        folder.mkdir()
    plan = Plan([hot, output], output, watched=True)
    (hot / "a.jpg").touch()
    assert [job.problem for job in plan] == [None]
    (output / "a.jpg").touch()
    problems = [job.problem for job in plan]
    assert all(str(problem).endswith("would be overwritten; choose another output") for problem in problems)
