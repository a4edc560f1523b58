from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event as Signal

import pytest

from deep_photo_enhancer.archive.cluster import Died, Event
from deep_photo_enhancer.archive.driver import LOSSES, Driver, Ledger
from deep_photo_enhancer.archive.naming import Item
from deep_photo_enhancer.archive.places import Place, Stamp
from deep_photo_enhancer.archive.planning import make_parts
from deep_photo_enhancer.archive.records import Records, Row
from deep_photo_enhancer.archive.settings import Settings
from deep_photo_enhancer.archive.work import Task
from deep_photo_enhancer.errors import ArchiveError
from tests.archive.engines import StoryEngine

Story = Callable[[list[Item]], Iterator[Event]]


def items(count: int) -> list[Item]:
    return [Item(f"{number:03d}.jpg", Stamp(1, "v", 0), f"{number:03d}.jpg") for number in range(count)]


def row(item: Item, error: str | None = None) -> Row:
    return Row(item.key, "v", "" if error else item.output, "s", "failed" if error else "enhanced", error=error)


def well(part: list[Item]) -> Iterator[Event]:
    yield []
    yield [row(item) for item in part[:3]]
    yield [row(item) for item in part[3:]]


def deadly(*keys: str) -> Story:
    """A worker dies with these photos, and has told of all before."""

    def story(part: list[Item]) -> Iterator[Event]:
        yield []
        for item in part:
            if item.key in keys:
                yield Died("ran out of memory")
                return
            yield [row(item)]

    return story


class Run:
    """A run over parts, and what came of it."""

    def __init__(self, folder: Path, story: Story, count: int, stop: Signal | None = None, workers: int = 2) -> None:
        self.engine = StoryEngine(story, workers)
        self.told: list[Row] = []
        target = Place.of(str(folder / "target"))
        self.records = Records(target)
        task = Task(Place.of(str(folder / "source")), target, Settings(), "s", seconds=100)
        self.driver = Driver(self.engine, task, Ledger(self.records, 1, str), self.told.extend, lambda: None)
        self.count = count
        self.stop = stop or Signal()

    def go(self) -> Run:
        self.driver.run(make_parts(items(self.count), self.engine.workers), self.stop)
        return self

    @property
    def recorded(self) -> list[Row]:
        return list(self.records.rows(str))


def test_every_photo_is_told_and_recorded_once(tmp_path: Path) -> None:
    run = Run(tmp_path, well, 250).go()
    assert [row.source for row in run.recorded] == [item.key for item in items(250)]
    assert sorted(run.told, key=lambda row: row.source) == run.recorded
    assert [key for part in run.engine.submitted for key in part] == [item.key for item in items(250)]


def test_photos_that_kill_are_given_up_after_three_tries_and_all_others_are_done(tmp_path: Path) -> None:
    killers = ("007.jpg", "008.jpg", "050.jpg")
    run = Run(tmp_path, deadly(*killers), 60).go()
    assert [row.source for row in run.recorded] == [item.key for item in items(60)]
    assert len(run.told) == 60
    failed = {row.source: (row.error, row.tries) for row in run.recorded if row.status == "failed"}
    assert set(failed) == set(killers)
    url = tmp_path / "source" / "007.jpg"
    sentence = f"{url}: the process that enhanced it ran out of memory, 3 times; scale the photo down, or leave it out"
    assert failed["007.jpg"] == (sentence, 3)
    assert [run.engine.submitted.count([key]) for key in killers] == [3, 3, 3]


def lost(times: int) -> Story:
    """Machines are lost with the first photo at work, so often."""
    losses = iter(range(times))

    def story(part: list[Item]) -> Iterator[Event]:
        if part[0].key == "000.jpg" and next(losses, None) is not None:
            yield Died("died with the loss of a machine", with_machine=True)
        else:
            yield [row(item) for item in part]

    return story


def test_a_machine_that_is_lost_is_none_of_its_photos_tries(tmp_path: Path) -> None:
    run = Run(tmp_path, lost(LOSSES - 1), 1).go()
    assert [row.status for row in run.recorded] == ["enhanced"]
    assert len(run.engine.submitted) == LOSSES


def test_a_photo_that_loses_machine_after_machine_is_given_up(tmp_path: Path) -> None:
    run = Run(tmp_path, lost(1000), 10).go()
    assert [(row.source, row.tries) for row in run.recorded if row.status == "failed"] == [("000.jpg", LOSSES)]
    assert "the process that enhanced it died with the loss of a machine, 10 times; " in str(run.recorded[0].error)


def test_all_machines_of_many_workers_that_are_lost_do_not_end_the_run(tmp_path: Path) -> None:
    deaths = iter(range(110))

    def story(part: list[Item]) -> Iterator[Event]:
        if next(deaths, None) is None:
            yield [row(item) for item in part]
        else:
            run.engine.lose_machines()
            yield Died("died with the loss of a machine", with_machine=True)

    run = Run(tmp_path, story, 110, workers=100)
    assert [row.status for row in run.go().recorded] == ["enhanced"] * 110


def test_twenty_photos_in_a_row_that_kill_do_not_end_the_run(tmp_path: Path) -> None:
    killers = [item.key for item in items(20)]
    run = Run(tmp_path, deadly(*killers), 20).go()
    assert [(row.source, row.tries) for row in run.recorded] == [(key, 3) for key in killers]


def test_a_machine_of_many_workers_that_is_lost_does_not_end_the_run(tmp_path: Path) -> None:
    deaths = iter(range(110))

    def story(part: list[Item]) -> Iterator[Event]:
        yield Died("died") if next(deaths, None) is not None else [row(item) for item in part]

    run = Run(tmp_path, story, 100, workers=64).go()
    assert [row.status for row in run.recorded] == ["enhanced"] * 100


def test_a_worker_that_dies_once_costs_nothing_but_time(tmp_path: Path) -> None:
    deaths = iter(range(5))

    def story(part: list[Item]) -> Iterator[Event]:
        yield [row(part[0])]
        if next(deaths, None) is not None:
            yield Died("died")
            return
        yield [row(item) for item in part[1:]]

    run = Run(tmp_path, story, 40).go()
    assert [row.status for row in run.recorded] == ["enhanced"] * 40
    assert len(run.told) == 40


def test_a_worker_that_ends_with_photos_left_has_died(tmp_path: Path) -> None:
    def story(part: list[Item]) -> Iterator[Event]:
        yield [row(item) for item in part[:1] if item.key != "005.jpg"]

    run = Run(tmp_path, story, 10).go()
    assert [row.source for row in run.recorded if row.status == "failed"] == ["005.jpg"]
    assert "ended too early, 3 times" in str(run.recorded[5].error)


def test_a_worker_that_was_silent_for_too_long_is_said_to_have_hung(tmp_path: Path) -> None:
    run = Run(tmp_path, deadly("000.jpg"), 1)
    run.driver.task = replace(run.driver.task, seconds=0)
    assert "took longer than 0 seconds, 3 times" in str(run.go().recorded[0].error)


def test_when_no_worker_lives_the_run_ends(tmp_path: Path) -> None:
    run = Run(tmp_path, lambda _part: iter([Died("died")]), 1000)
    with pytest.raises(ArchiveError, match="201 processes in a row died without finishing a photo"):
        run.go()
    assert run.recorded == []


def test_a_full_target_ends_the_run_and_is_no_photos_fault(tmp_path: Path) -> None:
    full = "x: cannot write there: No space left on device; choose another output folder"

    def story(part: list[Item]) -> Iterator[Event]:
        yield [row(item) for item in part if item.key == "000.jpg"]
        yield [row(item, full) for item in part]

    run = Run(tmp_path, story, 4, workers=1)
    with pytest.raises(ArchiveError, match=r"No space left on device; .* then run the same command again"):
        run.go()
    assert [row.source for row in run.recorded] == ["000.jpg"]


def test_what_was_told_before_a_stop_is_recorded_and_workers_are_ended(tmp_path: Path) -> None:
    stop = Signal()

    def story(part: list[Item]) -> Iterator[Event]:
        yield [row(part[0])]
        stop.set()
        while True:
            yield []

    run = Run(tmp_path, story, 100, stop).go()
    assert run.recorded == sorted(run.told, key=lambda row: row.source)
    assert 1 <= len(run.recorded) < 10
    assert len(run.engine.ended) == len(run.engine.submitted)


def test_a_part_that_takes_long_is_recorded_before_it_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deep_photo_enhancer.archive.driver.FLUSH", 0.0)
    monkeypatch.setattr("deep_photo_enhancer.archive.driver.FLUSH_A_PART", 0.0)
    ledger = Ledger(Records(Place.of(str(tmp_path))), 1, str)
    first, second = items(2)
    ledger.open(0, 2)
    ledger.add(0, [row(second)])
    ledger.flush()
    ledger.flush(at_once=True)
    assert list(Records(Place.of(str(tmp_path))).rows(str)) == [row(second)]
    ledger.add(0, [row(first)])
    ledger.close()
    assert list(Records(Place.of(str(tmp_path))).rows(str)) == [row(first), row(second)]
