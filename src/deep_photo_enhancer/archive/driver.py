"""The loop of a driver: parts to workers, rows to records; photos that kill their workers are found by halving and given up."""

from __future__ import annotations

import errno
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event as Signal
from typing import Any

from deep_photo_enhancer.archive.cluster import Died, Ended, Engine
from deep_photo_enhancer.archive.naming import Item
from deep_photo_enhancer.archive.records import Records, Row
from deep_photo_enhancer.archive.work import Task
from deep_photo_enhancer.errors import ArchiveError

QUEUE = 2
"""Parts for each worker: one at work, and one so that it need not wait; more of them call for more machines."""
TRIES = 3
"""Deaths of its worker, alone with it, after which a photo is given up."""
LOSSES = 10
"""Machines that were lost with it alone at a worker, after which it is given up: they are none of its tries, but some photo may
bring machines down."""
HOPELESS = 100
"""Deaths in a row for each worker, of the most there were, with nothing done between them, after which a run ends: it is not
the photos' fault.

A photo that kills has four or five: three of its own, and those of the parts that it was halved out of.
"""
GRACE = 30.0
"""Seconds that workers have to tidy up when a run is interrupted."""
FLUSH, FLUSH_A_PART = 5.0, 0.1
"""Seconds after which unfinished parts are recorded: in all, and for each of them."""
_FULL = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))


@dataclass
class Piece:
    """What is left of a part, or a half of it, at a worker."""

    part: int
    items: list[Item]
    deaths: int = 0
    """Of workers, alone with its one photo."""
    losses: int = 0
    """Of whole machines, alone with its one photo."""
    done: int = 0
    """Of the items, from the first."""
    heard: float | None = None
    """When the worker last told something; None before it began."""


class Ledger:
    """The rows of parts at work; recorded when a part is complete, and every few seconds before."""

    def __init__(self, records: Records, run: int, order: Callable[[str], Any]) -> None:
        self._records, self._run, self._order = records, run, order
        self._rows: dict[int, list[Row]] = {}
        self._missing: dict[int, int] = {}
        self._changed: set[int] = set()
        self._last = time.monotonic()
        self._pool = ThreadPoolExecutor(8)
        self._writing: deque[tuple[int, Future[None]]] = deque()

    def open(self, part: int, count: int) -> None:
        """A part of so many photos."""
        self._rows[part], self._missing[part] = [], count

    def add(self, part: int, rows: list[Row]) -> None:
        """Rows of an open part."""
        self._rows[part] += rows
        self._missing[part] -= len(rows)
        self._changed.add(part)
        if self._missing[part] <= 0:
            self._write(part)
            del self._rows[part], self._missing[part]
            self._changed.discard(part)

    def flush(self, at_once: bool = False) -> None:
        """Record unfinished parts, if it is time; ArchiveError where a record could not be written."""
        while self._writing and self._writing[0][1].done():
            self._writing.popleft()[1].result()
        if at_once or time.monotonic() - self._last > max(FLUSH, FLUSH_A_PART * len(self._rows)):
            self._last = time.monotonic()
            while self._changed:
                self._write(self._changed.pop())
        while at_once and self._writing:
            self._writing.popleft()[1].result()

    def close(self) -> None:
        """Record all that is known."""
        try:
            self.flush(at_once=True)
        finally:
            self._pool.shutdown()

    def _write(self, part: int) -> None:
        for earlier, future in self._writing:
            if earlier == part:
                future.result()  # else the older of the two records might be written last
        rows = sorted(self._rows[part], key=lambda row: self._order(row.source))
        self._writing.append((part, self._pool.submit(self._records.write, self._run, part, rows)))


@dataclass
class Driver:
    """One run over the parts of an archive."""

    engine: Engine
    task: Task
    ledger: Ledger
    tell: Callable[[list[Row]], None]
    """Takes every row once, when it has come."""
    tick: Callable[[], None]
    """Is called about once a second; may raise to end the run."""
    _pieces: dict[Any, Piece] = field(default_factory=dict)
    _waiting: deque[Piece] = field(default_factory=deque)
    _parts: int = 0
    _deaths: int = 0
    _most_workers: int = 0
    _given_up: list[tuple[int, Row]] = field(default_factory=list)

    def run(self, parts: Iterator[list[Item]], stop: Signal) -> None:
        """Until all parts are through, or `stop` is set: then photos at work are dropped, and all that was told is recorded.

        ArchiveError where going on makes no sense: no space in the target, or workers that cannot live.
        """
        try:
            while not stop.is_set():
                self._submit(parts)
                if not self._pieces:
                    self._record_given_up()
                    break
                for handle, event in self.engine.wait(1.0):
                    self._take(handle, event)
                self._end_silent()
                self.ledger.flush()
                self.tick()
        finally:
            self._wind_up()
            self.ledger.close()

    def _submit(self, parts: Iterator[list[Item]]) -> None:
        workers = self.engine.workers()
        self._most_workers = max(self._most_workers, workers)
        room = QUEUE * workers - len(self._pieces)
        for _ in range(room):
            if self._waiting:
                self._begin(self._waiting.popleft())
                continue
            items = next(parts, None)
            if items is None:
                return
            self.ledger.open(self._parts, len(items))
            self._begin(Piece(self._parts, items))
            self._parts += 1

    def _begin(self, piece: Piece) -> None:
        self._pieces[self.engine.submit(piece.items)] = piece

    def _take(self, handle: Any, event: object) -> None:
        piece = self._pieces[handle]
        if isinstance(event, list):
            piece.heard = time.monotonic()
            piece.done += len(event)
            if event:
                self._deaths = 0
                self._record_given_up()
                self._record(piece.part, event)
            return
        del self._pieces[handle]
        rest = piece.items[piece.done :]
        if isinstance(event, Died):
            self._mourn(piece, rest, event)
        elif isinstance(event, Ended) and rest:
            self._mourn(piece, rest, Died("ended too early"))

    def _mourn(self, piece: Piece, rest: list[Item], death: Died) -> None:
        """What becomes of the photos that a dead worker has left."""
        self._deaths += 1
        if self._deaths > HOPELESS * self._most_workers:
            raise ArchiveError(
                f"{self._deaths} processes in a row {death.reason} without finishing a photo; look into the cluster's logs"
            )
        if len(rest) > 1:
            half = (len(rest) + 1) // 2
            self._waiting.extend(Piece(piece.part, items) for items in (rest[:half], rest[half:]))
        elif rest:
            deaths, losses = piece.deaths + (not death.with_machine), piece.losses + death.with_machine
            if deaths < TRIES and losses < LOSSES:
                self._waiting.append(Piece(piece.part, rest, deaths, losses))
            else:
                self._give_up(piece, rest[0], death.reason, deaths + losses)

    def _give_up(self, piece: Piece, item: Item, reason: str, tries: int) -> None:
        name = self.task.source.url(item.key)
        if piece.heard is not None and time.monotonic() - piece.heard >= self.task.seconds:
            reason = f"took longer than {self.task.seconds:g} seconds"
        with suppress(ArchiveError):
            self.task.target.abort_uploads(item.output)
        error = f"{name}: the process that enhanced it {reason}, {tries} times; scale the photo down, or leave it out"
        row = Row(item.key, item.stamp.version, "", self.task.digest, "failed", item.stamp.size, error=error, tries=tries)
        self._given_up.append((piece.part, row))

    def _record_given_up(self) -> None:
        """Not before another photo was done, or all are through: until then it may not be the photos' fault."""
        for part, row in self._given_up:
            self._record(part, [row])
        self._given_up.clear()

    def _record(self, part: int, rows: list[Row]) -> None:
        for row in rows:
            if row.error is not None and any(reason in row.error for reason in _FULL):
                raise ArchiveError(f"{row.error}; then run the same command again")
        self.ledger.add(part, rows)
        self.tell(rows)

    def _end_silent(self) -> None:
        """End workers that neither tell anything nor have ended themselves, as on a machine that hangs."""
        for handle, piece in self._pieces.items():
            if piece.heard is not None and time.monotonic() - piece.heard > 2 * self.task.seconds + 60:
                self.engine.end(handle)

    def _wind_up(self) -> None:
        """End what is still at work; what it has told meanwhile counts."""
        for handle in self._pieces:
            self.engine.end(handle, at_once=False)
        patience = time.monotonic() + GRACE
        while self._pieces and time.monotonic() < patience:
            for handle, event in self.engine.wait(1.0):
                if isinstance(event, list):
                    with suppress(ArchiveError):
                        self._take(handle, event)
                else:
                    del self._pieces[handle]
