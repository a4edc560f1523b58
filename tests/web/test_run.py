"""From the options of `dpe web` to a server that answers."""

from __future__ import annotations

import re
import time
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.web.private import PrivateFolder
from deep_photo_enhancer.web.run import TOKEN_VARIABLE, Options, run_server
from tests.web.serving import use_stub


def options(
    host: str = "127.0.0.1", names: tuple[str, ...] = (), models: tuple[Path, ...] = (), browser: bool = False
) -> Options:
    return Options(host, 0, None, models, 1, 1_000_000, names, browser)


@pytest.mark.parametrize(
    ("host", "names", "needs_token"),
    [
        ("127.0.0.1", (), False),
        ("::1", (), False),
        ("localhost", (), False),
        ("0.0.0.0", (), True),
        ("192.168.1.2", (), True),
        ("127.0.0.1", ("photos.example",), True),
    ],
)
def test_who_may_come_from_elsewhere_needs_a_token(
    host: str, names: tuple[str, ...], needs_token: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    access = options(host, names).access()
    assert (access.token is not None) == access.is_shared == needs_token
    assert access.has_token(None) != needs_token
    monkeypatch.setenv(TOKEN_VARIABLE, "my own")
    assert options(host, names).access().token == "my own"


def test_two_models_of_one_name_are_refused(tmp_path: Path) -> None:
    with PrivateFolder() as folder, pytest.raises(ModelError, match="two files have the same name"):
        run_server(options(models=(tmp_path / "a.onnx", tmp_path / "b" / "a.onnx")), folder, Event(), print)


def test_the_browser_is_let_in_where_a_token_is_needed_and_the_next_link_follows(
    monkeypatch: pytest.MonkeyPatch, model_files: dict[str, Path]
) -> None:
    use_stub(monkeypatch)
    monkeypatch.setattr("deep_photo_enhancer.web.server.known_models", dict)  # loading them takes a second
    monkeypatch.setenv(TOKEN_VARIABLE, "my own")
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    stop, lines = Event(), list[str]()
    with PrivateFolder() as folder:
        thread = Thread(
            target=run_server, args=(options(models=(model_files["lift"],), browser=True), folder, stop, lines.append)
        )
        thread.start()
        try:
            end = time.monotonic() + 10
            while not opened:
                assert time.monotonic() < end
                time.sleep(0.01)
            for _ in range(2):
                link = re.findall(r"http://\S+code=\S+", "\n".join(lines))[-1]
                with httpx.Client(follow_redirects=True, timeout=10) as browser:
                    assert browser.get(link).status_code == 200
            assert opened[0] in lines[0]
            assert lines[1] == "programs: Authorization: Bearer my own"
            assert len(lines) == 4
        finally:
            stop.set()
            thread.join()
