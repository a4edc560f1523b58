"""A whole run: the lock, the plan, the workers, the state of things."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.util import find_spec
from threading import Event, Thread

from deep_photo_enhancer.archive.cluster import LOCAL, Engine, Maker, connect
from deep_photo_enhancer.archive.driver import Driver, Ledger
from deep_photo_enhancer.archive.listing import Listing, list_photos
from deep_photo_enhancer.archive.lock import hold
from deep_photo_enhancer.archive.naming import Item, name_outputs
from deep_photo_enhancer.archive.places import Place, refuse_nesting
from deep_photo_enhancer.archive.planning import Wish, draw_sample, make_parts, remaining
from deep_photo_enhancer.archive.progress import EVERY, Progress, last_run, read_progress
from deep_photo_enhancer.archive.records import Records, Row
from deep_photo_enhancer.archive.settings import Settings, digest
from deep_photo_enhancer.archive.work import Task
from deep_photo_enhancer.errors import ArchiveError
from deep_photo_enhancer.photo import SAVERS
from deep_photo_enhancer.version import __version__


@dataclass(frozen=True)
class Wishes:
    """How a run is to be made."""

    settings: Settings = field(default_factory=Settings)
    cluster: str = LOCAL
    """Ray's address of a cluster, or "local"."""
    workers: int | None = None
    """Processes of a local cluster; None for one on each core."""
    gpus: float = 0.0
    """Of a GPU, for each worker; 0 for the CPU."""
    seconds: float = 600.0
    """After which a worker that is still at one photo is ended."""
    sample: int | None = None
    """Only so many photos, drawn by chance."""
    retry_failed: bool = False


@dataclass(frozen=True)
class Screen:
    """Where a run speaks."""

    say: Callable[[str], None]
    """Takes a line on what takes a while."""
    show: Callable[[list[Row], Progress], None]
    """Takes rows as they come, and the state of things."""


def enhance_archive(
    source: Place,
    target: Place,
    wishes: Wishes,
    screen: Screen,
    stop: Event,
    cluster: Callable[[str, int | None], AbstractContextManager[Maker]] = connect,
) -> Progress:
    """Enhance the photos of a place into another, and go on where earlier runs were.

    ArchiveError where that is not possible at all; photos that fail end in the records. `stop` ends it in good order.
    """
    _require("ray", "fsspec", "pyarrow")
    refuse_nesting(source, target)
    described = wishes.settings.describe()
    listing = list_photos(source)
    with hold(target, screen.say) as lost, cluster(wishes.cluster, wishes.workers) as make_engine:
        records = Records(target)
        number = max(records.next_run(), last_run(target) + 1)
        progress = Progress(
            number,
            source.name,
            digest(described),
            described,
            __version__,
            socket.gethostname(),
            is_sample=wishes.sample is not None,
        )
        task = Task(
            source,
            target,
            wishes.settings,
            progress.digest,
            "cuda" if wishes.gpus else "cpu",
            wishes.seconds,
            _is_uncertain(target, number, progress.digest),
        )
        if next(listing.groups(), None) is None:
            raise ArchiveError(f"{source.name}: no photos there ({', '.join(SAVERS)})")
        engine = make_engine(task, wishes.settings.model_bytes(), wishes.gpus)
        progress.write(target)
        _drive(engine, task, listing, records, progress, wishes, screen, _Stops(stop, lost))
        return progress


def _require(*libraries: str) -> None:
    """ModuleNotFoundError for what the extra `archive` would install, before anything is begun."""
    for library in libraries:
        if find_spec(library) is None:
            raise ModuleNotFoundError(f"No module named {library}", name=library)


def _is_uncertain(target: Place, number: int, wanted: str) -> bool:
    """Whether a run with other settings was cut off, so that it may have left outputs that no record tells of.

    Only a run over all photos that came to its end since has replaced them.
    """
    for run in range(number - 1, 0, -1):
        before = read_progress(target, run)
        if before is not None and before.state == "finished" and not before.is_sample:
            return False
        if before is not None and before.state != "finished" and before.digest != wanted:
            return True
    return False


class _Stops(Event):
    """Set when one of two events is."""

    def __init__(self, stop: Event, lost: Event) -> None:
        super().__init__()
        self.stop, self.lost = stop, lost

    def is_set(self) -> bool:
        return self.stop.is_set() or self.lost.is_set()


def _drive(
    engine: Engine,
    task: Task,
    listing: Listing,
    records: Records,
    progress: Progress,
    wishes: Wishes,
    screen: Screen,
    stops: _Stops,
) -> None:
    counting = Thread(target=_count, args=(listing, progress, stops), daemon=True)
    if wishes.sample is None:
        counting.start()
    last = time.monotonic()
    had_room = True

    def tell(rows: list[Row]) -> None:
        progress.add(rows)
        screen.show(rows, progress)

    def tick() -> None:
        nonlocal last, had_room
        screen.show([], progress)
        has_room = engine.has_room()
        if had_room and not has_room:
            screen.say("the cluster has lost all machines that can work; waiting for one (Ctrl-C ends, the same command goes on)")
        had_room = has_room
        if time.monotonic() - last > EVERY:
            last = time.monotonic()
            progress.workers = engine.workers()
            progress.write(task.target)

    progress.workers = engine.workers()
    driver = Driver(engine, task, Ledger(records, progress.run, listing.order), tell, tick)
    try:
        driver.run(make_parts(_items(task, listing, records, progress, wishes), engine.workers), stops)
        progress.state = "interrupted" if stops.is_set() else "finished"
    except BaseException:
        progress.state = "failed"
        raise
    finally:
        if progress.state == "finished" and counting.ident is not None:
            counting.join()
        progress.write(task.target)
    if stops.lost.is_set():
        raise ArchiveError(f"{task.target.name}: another driver has taken over; this one has ended")


def _items(task: Task, listing: Listing, records: Records, progress: Progress, wishes: Wishes) -> Iterator[Item]:
    """What is to do."""
    named: Iterator[Item] = name_outputs(listing.groups(), wishes.settings.suffix)
    if wishes.sample is not None:
        sample = draw_sample(named, wishes.sample, listing.order)
        progress.listed, progress.listed_bytes = len(sample), sum(item.stamp.size for item in sample)
        progress.is_listed = True
        named = iter(sample)
    folder = task.target.folder
    is_there = None if folder is None else lambda output: (folder / output).exists()
    wish = Wish(task.digest, wishes.retry_failed, is_there)
    return remaining(named, records.rows(listing.order), listing.order, wish, progress.counts)


def _count(listing: Listing, progress: Progress, stops: Event) -> None:
    """Count the photos of the source, for the time left."""
    try:
        for group in listing.groups():
            progress.listed += len(group)
            progress.listed_bytes += sum(entry.stamp.size for entry in group)
            if stops.is_set():
                return
    except ArchiveError:  # the plan comes upon it, too
        return
    progress.is_listed = True
