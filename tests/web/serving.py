"""A server for tests, with small models and workers of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from deep_photo_enhancer.web import pool
from deep_photo_enhancer.web.access import Access
from deep_photo_enhancer.web.app import build_app
from deep_photo_enhancer.web.limits import Limits
from deep_photo_enhancer.web.private import PrivateFolder
from deep_photo_enhancer.web.server import Server, Settings
from deep_photo_enhancer.web.serving import listen, serve

STUB = """
import json, os, sys, time
for line in sys.stdin:
    task = json.loads(line)
    if task["task"] == "die":
        os._exit(1)
    if task["task"] == "sleep":
        time.sleep(task["seconds"])
    print("no answer" if task["task"] == "babble" else json.dumps({"pid": os.getpid(), **task.get("answer", {})}), flush=True)
"""
"""A worker that starts at once and knows no photos."""


@dataclass
class Served:
    """A server that answers."""

    server: Server
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **settings: object) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, **settings)  # type: ignore[arg-type]


@contextmanager
def served(models: dict[str, Path], limits: Limits, access: Access | None = None, output: Path | None = None) -> Iterator[Served]:
    """Answers at a free port while the block runs."""
    stop = Event()
    with PrivateFolder() as folder, listen("127.0.0.1", 0) as listener:
        server = Server(Settings(access or Access(is_local=True), limits, models, output), folder)
        thread = Thread(target=serve, args=(build_app(server), listener, limits, stop))
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=60) as client:
                assert client.get("/healthz").text == "ok\n"
            yield Served(server, listener.getsockname()[1])
        finally:
            stop.set()
            thread.join()


def use_stub(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers be stubs."""
    monkeypatch.setattr(pool, "command", lambda *_: [sys.executable, "-S", "-c", STUB])
