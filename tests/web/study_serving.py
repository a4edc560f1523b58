"""A study's server for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread

from deep_photo_enhancer.research.study.material import Study
from deep_photo_enhancer.web.access import is_loopback
from deep_photo_enhancer.web.serving import listen, serve
from deep_photo_enhancer.web.study import LIMITS, StudySite


class StudyServer(StudySite):
    """One that answers."""

    server_address: tuple[str, int]


@contextmanager
def served(study: Study, host: str = "127.0.0.1", head_seconds: float = 30.0) -> Iterator[StudyServer]:
    """Answers at a free port while the block runs."""
    limits = replace(LIMITS, head_seconds=head_seconds)
    stop = Event()
    with listen(host, 0) as listener:
        server = StudyServer(study)
        server.server_address = listener.getsockname()
        thread = Thread(target=serve, args=(server.app(is_loopback(host), limits), listener, limits, stop))
        thread.start()
        try:
            yield server
        finally:
            stop.set()
            thread.join()
