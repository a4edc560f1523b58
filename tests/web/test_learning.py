"""Learning a look by the page; the learning itself is a stand-in, the rest is real."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from deep_photo_enhancer.web import learner, learning
from deep_photo_enhancer.web.limits import Limits
from tests.web.serving import Served, served

STAND_IN = """
import json, pathlib, shutil, sys
kind, liked, output, steps, model = sys.argv[1:]
photos = sorted(pathlib.Path(liked).iterdir())
if kind == "check":
    print(json.dumps({"left_out": f"{photos[0]}: black and white"}))
    print(json.dumps({"usable": len(photos) - 1}))
elif steps == "13":
    print(json.dumps({"problem": f"{liked}: the learning diverged; remove {output[:-5]}-run"}))
else:
    run = pathlib.Path(output).with_name(pathlib.Path(output).stem + "-run")
    run.mkdir(parents=True)
    (run / "progress.png").write_bytes(b"png")
    (run / "log.csv").write_text("step,look_distance\\n50,1.5\\n")
    if steps == "99":
        sys.stdin.read()
    shutil.copy(model, output)
    print(json.dumps({"done": output}))
"""


@pytest.fixture(scope="module")
def site(model_files: dict[str, Path]) -> Iterator[Served]:
    """A server of these tests alone: the looks that it learns stay with it."""
    with served({"lift": model_files["lift"]}, Limits(workers=1)) as site:
        yield site


@pytest.fixture
def page(site: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model_files: dict[str, Path]) -> Iterator[httpx.Client]:
    """A browser at a server where learning is quick."""

    def command(kind: str, liked: Path, output: Path, steps: int) -> list[str]:
        return [sys.executable, "-S", "-c", STAND_IN, kind, str(liked), str(output), str(steps), str(model_files["gamma"])]

    monkeypatch.setattr(learner, "command", command)
    monkeypatch.setattr(learning, "find_spec", lambda _: True)
    monkeypatch.setattr("deep_photo_enhancer.enhancement.models.user_folder", lambda: tmp_path)
    with site.client() as client:
        client.get("/")
        yield client
        client.delete("/page/learning/photos")


def wait_for(page: httpx.Client, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    end = time.monotonic() + 30
    while not condition(state := page.get("/page/learning").json()):
        assert time.monotonic() < end, state
        time.sleep(0.02)
    return dict(state)


def test_photos_are_looked_at_and_those_that_do_not_fit_are_named(page: httpx.Client) -> None:
    for name in ("trip/ä.jpg", "b.png"):
        assert page.post("/page/learning/photos", params={"name": name}, content=b"photo").status_code == 201
    assert page.post("/page/learning/check").status_code == 202
    state = page.get("/page/learning").json()
    assert (state["count"], state["usable"], state["left_out"]) == (2, 1, ["ä.jpg: black and white"])
    assert page.delete("/page/learning/photos").status_code == 204
    assert page.get("/page/learning").json()["count"] == 0


def test_a_photo_that_does_not_come_whole_is_left_out(page: httpx.Client, site: Served) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise KeyError

    with pytest.raises(KeyError):
        page.post("/page/learning/photos?name=a.jpg", content=broken())
    wait_for(page, lambda state: state["count"] == 1)
    [own] = [other.learning for other in site.server.pages if other.learning is not None and other.learning.names]
    end = time.monotonic() + 5
    while list(own.liked.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_look_is_learned_and_joins_the_others(page: httpx.Client, tmp_path: Path, site: Served) -> None:
    page.post("/page/learning/photos?name=a.jpg", content=b"photo")
    assert page.post("/page/learning", json={"name": "warm"}).status_code == 202
    state = wait_for(page, lambda state: state["done"] and not state["running"])
    assert (state["step"], state["distance"], state["problem"]) == (50, 1.5, None)
    assert page.get("/page/learning/picture").content == b"png"
    assert page.get("/page/learning/model").content == (tmp_path / "warm.onnx").read_bytes()
    wait_for(page, lambda _: "warm" in site.server.files)
    assert "warm" in [model["name"] for model in page.get("/api/models").json()]
    id = page.post("/page/photos?name=a.png", content=_png()).json()["id"]
    assert page.get(f"/page/photos/{id}/save?model=warm").status_code == 200
    again = page.post("/page/learning", json={"name": "warm"})
    assert (again.status_code, again.json()["detail"]) == (409, "warm: there is a look of this name already; choose another one.")


def _png() -> bytes:
    content = BytesIO()
    Image.new("RGB", (20, 20), "teal").save(content, "PNG")
    return content.getvalue()


def test_it_can_be_stopped_and_keeps_what_was_learned(page: httpx.Client, tmp_path: Path) -> None:
    page.post("/page/learning/photos?name=a.jpg", content=b"photo")
    page.post("/page/learning", json={"name": "short", "steps": 99})
    state = wait_for(page, lambda state: state["step"] == 50)
    assert state["running"]
    assert state["seconds_left"] > 0
    assert page.post("/page/learning", json={"name": "other"}).status_code == 409
    assert page.delete("/page/learning").status_code == 204
    assert wait_for(page, lambda state: not state["running"])["done"]
    assert (tmp_path / "short.onnx").is_file()


def test_where_a_proxy_lets_others_in_a_look_stays_with_the_server(
    page: httpx.Client, tmp_path: Path, site: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.server.access, "names", ("photos.example",))
    page.post("/page/learning/photos?name=a.jpg", content=b"photo")
    page.post("/page/learning", json={"name": "ours"})
    wait_for(page, lambda state: state["done"] and not state["running"])
    assert site.server.files["ours"] == site.server.folder.path / "looks" / "ours.onnx"
    assert list(tmp_path.iterdir()) == []


def test_it_can_be_stopped_before_it_has_begun_and_after_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learner, "command", lambda *_: [sys.executable, "-S", "-c", "import sys; sys.stdin.read(); sys.exit(1)"])
    own = learning.Learning(tmp_path)

    async def stop_at_once() -> None:
        task = own.learn("warm", tmp_path / "warm.onnx", 1, lambda _name, _path: None)
        own.stop()
        await task
        own.stop()
        await own.kill()

    asyncio.run(stop_at_once())
    assert (own.is_running, own.is_done, own.problem) == (False, False, "It was stopped before anything was learned.")


def test_what_goes_wrong_is_said(page: httpx.Client) -> None:
    page.post("/page/learning/photos?name=a.jpg", content=b"photo")
    page.post("/page/learning", json={"name": "bad", "steps": 13})
    assert (
        wait_for(page, lambda state: state["problem"] and not state["running"])["problem"]
        == "your photos: the learning diverged; remove bad-run"
    )
    for name in ("../x", "", "natural", "a\n"):
        answer = page.post("/page/learning", json={"name": name})
        assert (answer.status_code, "\n" in answer.json()["detail"]) == (400, False)


def test_without_pytorch_it_says_how_to_install_it(page: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "find_spec", lambda _: None)
    assert "[train]" in page.get("/page/learning").json()["install"]
    answer = page.post("/page/learning", json={"name": "warm"})
    assert (answer.status_code, "[train]" in answer.json()["detail"]) == (501, True)


def test_the_process_looks_at_photos_as_the_command_does(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "0000.jpg").write_bytes(b"nothing")
    told: list[dict[str, Any]] = []
    for kind in ("check", "learn"):
        learner.learn(kind, tmp_path, tmp_path / "look.onnx", 1, lambda **what: told.append(what))
    assert [list(what) for what in told] == [["left_out"], ["usable"], ["problem"]]
    assert told[0]["left_out"].startswith(f"{tmp_path / '0000.jpg'}: ")
    assert told[1]["usable"] == 0
    assert "0 of 1 photos can be used" in told[2]["problem"]


def test_the_process_ends_with_its_server_and_by_itself() -> None:
    code = "import time; from deep_photo_enhancer.web import learner; learner.end_with(0); time.sleep(TIME)"
    for seconds, is_interrupted in (("60", True), ("0.05", False)):
        command = [sys.executable, "-c", code.replace("TIME", seconds)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdin is not None
            if is_interrupted:
                process.stdin.close()
            assert process.wait(30) == (-signal.SIGINT if is_interrupted else 0)
