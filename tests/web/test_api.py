from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from deep_photo_enhancer.cli import main
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.web.problems import MEDIA_TYPE
from tests.enhancing_fixtures import smooth_photo
from tests.web.serving import Served


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A JPEG with EXIF and a place."""
    path = tmp_path_factory.mktemp("photos") / "Straße 東京 ☀.jpg"
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825)[1] = "N"
    Image.fromarray(smooth_photo()).save(path, quality=88, exif=exif)
    return path


def problem(answer: httpx.Response, status: int) -> str:
    """The sentence of a problem, which says the same status as the answer."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    content = answer.json()
    assert content.keys() == {"type", "title", "status", "detail"}
    assert (content["type"], content["status"]) == ("about:blank", status)
    assert "Traceback" not in answer.text
    return str(content["detail"])


def names_in_folder(site: Served) -> set[str]:
    return {path.name for path in site.server.folder.path.iterdir()}


@pytest.fixture
def leaving_nothing(site: Served) -> Iterator[None]:
    """Requests of this test leave nothing behind, a moment after their answers; pages of other tests may have photos there."""
    before = names_in_folder(site)
    yield
    end = time.monotonic() + 5
    while names_in_folder(site) - before and time.monotonic() < end:
        time.sleep(0.01)
    assert not names_in_folder(site) - before


OPTIONS = [
    {},
    {"strength": "0.5", "light": "1.5", "colour": "0", "quality": "70"},
    {"method": "clhe", "format": "png"},
    {"model": "gains", "strip_gps": "true"},
]


@pytest.mark.usefixtures("leaving_nothing")
@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "strength", "method", "model"])
def test_the_answer_is_the_file_that_the_command_makes(
    site: Served, photo: Path, tmp_path: Path, options: dict[str, str], model_files: dict[str, Path]
) -> None:
    output = tmp_path / f"out.{options.get('format', 'jpg')}"
    words = ["enhance", str(photo), "-o", str(output), "-q"]
    for name, value in options.items():
        words += {"strip_gps": ["--strip-gps"], "model": []}.get(name, [f"--{name}", value])
    if "method" not in options:
        words += ["--model", str(model_files[options.get("model", "lift")])]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    with site.client() as client:
        raw = client.post("/api/enhance", params={"model": "lift"} | options, content=photo.read_bytes())
        form = client.post("/api/enhance", data={"model": "lift"} | options, files={"photo": (photo.name, photo.read_bytes())})
    assert raw.content == output.read_bytes()
    assert form.content == output.read_bytes()
    assert form.headers["content-type"] == {".png": "image/png", ".jpg": "image/jpeg"}[output.suffix]
    assert "Stra%C3%9Fe%20%E6%9D%B1%E4%BA%AC%20%E2%98%80" in form.headers["content-disposition"]
    assert json.loads(form.headers["dpe-warnings"]) == []
    assert form.headers["server-timing"].startswith("enhance;dur=")


def test_warnings_come_in_a_header(site: Served) -> None:
    content = vips_image(smooth_photo().astype(np.uint16) * 257).write_to_buffer(".png")
    with site.client() as client:
        answer = client.post("/api/enhance?model=lift&format=jp2", content=content)
    assert json.loads(answer.headers["dpe-warnings"]) == ["JPEG 2000 takes 8 bits here: 16 were rounded"]


@pytest.mark.usefixtures("leaving_nothing")
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("strength=nan", "strength: "),
        ("strength=2.1", "strength: "),
        ("quality=0", "quality: "),
        ("format=gif", "format: "),
        ("method=magic", "method: "),
        ("model=/etc/passwd", "model: /etc/passwd is none of lift, gains, natural, vivid."),
        ("modle=natural", "modle: no such option."),
    ],
)
def test_wrong_options_get_a_sentence_that_names_them(site: Served, photo: Path, query: str, sentence: str) -> None:
    with site.client() as client:
        assert problem(client.post(f"/api/enhance?{query}", content=photo.read_bytes()), 400).startswith(sentence)
        name, value = query.split("=")
        form = client.post("/api/enhance", data={name: value}, files={"photo": ("a.jpg", photo.read_bytes())})
        assert problem(form, 400).startswith(sentence)


@pytest.mark.usefixtures("leaving_nothing")
def test_what_is_no_photo_is_refused_by_the_clients_own_name(site: Served) -> None:
    with site.client() as client:
        detail = problem(client.post("/api/enhance", files={"photo": ("../../etc/x y.jpg", b"nothing")}), 422)
        assert detail.startswith("x y.jpg: damaged, or not a photo")
        assert str(site.server.folder.path) not in detail
        assert problem(client.post("/api/enhance"), 400) == "There is no photo in the request."
        assert "part called photo" in problem(client.post("/api/enhance", files={"picture": ("a.jpg", b"x")}), 400)
        files = [("photo", ("a.jpg", b"x")), ("photo", ("b.jpg", b"x"))]
        problem(client.post("/api/enhance", files=files), 400)


def test_a_photo_of_too_many_pixels_is_refused_before_they_are_decoded(site: Served) -> None:
    content = BytesIO()
    Image.new("L", (2000, 1000)).save(content, "PNG")
    with site.client() as client:
        detail = problem(client.post("/api/enhance", content=content.getvalue()), 422)
    assert "2000 x 1000 pixels, more than the limit of 1 megapixels" in detail


def test_models_health_metrics_and_description(site: Served) -> None:
    with site.client() as client:
        models = client.get("/api/models").json()
        assert [(model["name"], model["is_default"]) for model in models] == [
            ("lift", True),
            ("gains", False),
            ("natural", False),
            ("vivid", False),
        ]
        assert client.get("/healthz").text == "ok\n"
        assert 'dpe_http_responses_total{status="200"}' in client.get("/metrics").text
        described = client.get("/api/openapi.json").json()
    assert described["openapi"].startswith("3.")
    assert set(described["paths"]) == {"/api/enhance", "/api/models", "/healthz", "/metrics"}
    enhance = described["paths"]["/api/enhance"]["post"]
    assert {"model", "method", "strength", "light", "colour", "format", "quality", "strip_gps"} <= {
        each["name"] for each in enhance["parameters"]
    }
    assert set(enhance["requestBody"]["content"]) == {"multipart/form-data", "application/octet-stream"}
    assert set(enhance["responses"]) == {"200", "400", "401", "413", "422", "503"}


def test_unknown_places_and_methods_are_problems(site: Served) -> None:
    with site.client() as client:
        assert problem(client.get("/nothing"), 404) == "There is nothing at this address."
        assert problem(client.get("/api/enhance"), 405) == "This method is not possible here."


@pytest.mark.usefixtures("leaving_nothing")
def test_a_worker_that_is_killed_costs_one_request(site: Served, photo: Path) -> None:
    (worker,) = site.server.workers.processes
    with site.client() as client:
        subprocess.run(["kill", f"-{signal.SIGKILL}", str(worker)], check=True)
        problem(client.post("/api/enhance?model=lift", content=photo.read_bytes()), 500)
        start = time.monotonic()
        assert client.post("/api/enhance?model=lift", content=photo.read_bytes()).status_code == 200
        assert time.monotonic() - start < 30
