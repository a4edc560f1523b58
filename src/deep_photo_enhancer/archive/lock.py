"""One driver at a time for each target."""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from deep_photo_enhancer.archive.places import Place
from deep_photo_enhancer.archive.records import HOME
from deep_photo_enhancer.errors import ArchiveError
from deep_photo_enhancer.system.files import is_alive, process_space

LOCK = f"{HOME}/lock.json"
BEAT = 5.0
"""Seconds between two signs of life."""
PATIENCE = 4 * BEAT
"""Seconds without one after which a lock belongs to nobody, by the clock of the one who waits."""


@contextmanager
def hold(target: Place, say: Callable[[str], None], beat: float = BEAT, patience: float = PATIENCE) -> Iterator[Event]:
    """Hold the target's lock for the time of the block; the event is set when another driver has taken it.

    ArchiveError where another driver lives. `say` gets a line where that takes a while to find out.
    """
    own = _Owner(secrets.token_hex(8))
    _take(target, own, say, beat, patience)
    lost, ended = Event(), Event()
    heart = Thread(target=_keep, args=(target, own, beat, lost, ended), daemon=True)
    heart.start()
    try:
        yield lost
    finally:
        ended.set()
        heart.join()
        with suppress(ArchiveError):
            if own.is_in(target.read(LOCK)):  # after a long sleep it may be another's, which no beat has told yet
                target.remove(LOCK)


class _Owner:
    """What stands in the lock."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._beats = 0

    def sign(self) -> bytes:
        """A new sign of life."""
        self._beats += 1
        owner = {
            "owner": self._token,
            "host": socket.gethostname(),
            "machine": process_space(),
            "process": os.getpid(),
            "beats": self._beats,
        }
        return json.dumps(owner).encode()

    def is_in(self, content: bytes | None) -> bool:
        return content is not None and _read(content).get("owner") == self._token


def _take(target: Place, own: _Owner, say: Callable[[str], None], beat: float, patience: float) -> None:
    seen: bytes | None = None
    since = time.monotonic()
    while not target.create(LOCK, own.sign()) or not (seen is None or _stays(target, own, beat / 5)):
        now = target.read(LOCK)
        if now is None:
            continue
        other = _read(now)
        name = f"process {other.get('process')} on {other.get('host')}"
        if seen is not None and now != seen:
            raise ArchiveError(f"{target.name}: another driver is at work here ({name}); wait for it, or end it")
        if not _is_dead(other) and time.monotonic() - since <= patience:
            if seen is None:
                say(f"waiting {patience:g} seconds to see whether another driver ({name}) is alive")
            seen = now
            time.sleep(patience / 8)
            continue
        seen = now
        target.remove(LOCK)


def _stays(target: Place, own: _Owner, seconds: float) -> bool:
    """Whether the lock of a dead driver has become ours: another one that waited, too, may have taken ours for that."""
    time.sleep(seconds)
    return own.is_in(target.read(LOCK))


def _is_dead(other: dict[str, object]) -> bool:
    """Whether the lock's owner ran on this machine and does not any more. Two machines, or containers, may have one name."""
    process = other.get("process")
    return isinstance(process, int) and other.get("machine") == process_space() != "" and not is_alive(process)


def _keep(target: Place, own: _Owner, beat: float, lost: Event, ended: Event) -> None:
    while not ended.wait(beat):
        with suppress(ArchiveError):  # an outage: others see no sign, and wait
            if not own.is_in(target.read(LOCK)):
                lost.set()
                return
            target.write(LOCK, own.sign())


def _read(content: bytes) -> dict[str, object]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
