"""A study's server for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from deep_photo_enhancer.research.study.material import Study
from deep_photo_enhancer.research.study.server import StudyServer


@contextmanager
def served(study: Study, host: str = "127.0.0.1") -> Iterator[StudyServer]:
    """Answers at a free port while the block runs."""
    with StudyServer(study, host, 0) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
