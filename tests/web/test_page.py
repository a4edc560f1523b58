"""What the page asks of its server."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from deep_photo_enhancer.cli import main
from deep_photo_enhancer.enhancement.affine import apply_affine
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.photo import load_photo
from tests.enhancing_fixtures import icc_profile, smooth_photo
from tests.web.serving import Served


def jpeg(profile: bytes | None = None) -> bytes:
    content = BytesIO()
    Image.fromarray(smooth_photo()).save(content, "JPEG", quality=90, icc_profile=profile)
    return content.getvalue()


@pytest.fixture
def page(site: Served) -> Iterator[httpx.Client]:
    """A browser that has opened the page."""
    with site.client() as client:
        assert client.get("/").status_code == 200
        yield client
        for photo in client.get("/page/state").json()["photos"]:
            client.delete(f"/page/photos/{photo['id']}")


def add(page: httpx.Client, name: str, content: bytes | None = None) -> dict[str, str]:
    answer = page.post("/page/photos", params={"name": name}, content=content or jpeg())
    assert answer.status_code == 201, answer.text
    added: dict[str, str] = answer.json()
    return added


def unpack(content: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    length = int.from_bytes(content[:8], "little")
    head, start = json.loads(content[8 : 8 + length]), 8 + length
    parts = {}
    for name, size in head["parts"]:
        assert start % 8 == 0
        parts[name] = content[start : start + size]
        start += size + -size % 8
    return head, parts


def wait_for_job(page: httpx.Client, key: str) -> dict[str, Any]:
    end = time.monotonic() + 30
    while not (state := page.get(f"/page/jobs/{key}").json())["finished"]:
        assert time.monotonic() < end
        time.sleep(0.02)
    return dict(state)


def enhanced(path: Path, model: Path, *options: str) -> bytes:
    """What the command makes."""
    output = path.with_name("wanted.jpg")
    result = CliRunner().invoke(main, ["enhance", str(path), "-o", str(output), "-q", "--model", str(model), *options])
    assert result.exit_code == 0, result.output
    return output.read_bytes()


def test_the_page_and_its_files_ask_nothing_elsewhere(page: httpx.Client) -> None:
    text = page.get("/").text
    assert "script-src 'self'" in page.get("/").headers["content-security-policy"]
    assert " style=" not in text
    assert "http" not in text
    for name in ("app.js", "style.css", "icon.svg"):
        answer = page.get(f"/static/{name}")
        assert answer.status_code == 200
        assert "https://" not in answer.text
    for name in ("nothing.js", "..%2fpage.py", "%2e%2e/page.py"):
        assert page.get(f"/static/{name}").status_code == 404


def test_photos_stay_over_a_reload_and_belong_to_one_browser(page: httpx.Client, site: Served) -> None:
    first, second = add(page, "holiday/ä b.jpg"), add(page, "holiday/ä b.jpg")
    assert (first["name"], second["name"]) == ("holiday/ä b.jpg", "holiday/ä b-2.jpg")
    assert page.get("/page/state").json()["photos"] == [first, second]
    with site.client() as other:
        assert other.get(f"/page/photos/{first['id']}/view?model=lift").status_code == 401
        other.get("/")
        assert other.get("/page/state").json()["photos"] == []
        assert other.get(f"/page/photos/{first['id']}/view?model=lift").status_code == 404
    assert page.delete(f"/page/photos/{first['id']}").status_code == 204
    assert not (site.server.folder.path / first["id"]).exists()


def test_the_grid_makes_what_the_product_makes(page: httpx.Client, tmp_path: Path, model_files: dict[str, Path]) -> None:
    id = add(page, "a.jpg")["id"]
    head, parts = unpack(page.get(f"/page/photos/{id}/view?model=gains").content)
    assert (head["width"], head["height"]) == (90, 60)
    columns, rows = head["grid"]
    grid = np.frombuffer(parts["grid"], np.float16).reshape(6, rows, columns, 4).transpose(1, 2, 0, 3).astype(np.float32)
    before = np.asarray(Image.open(BytesIO(parts["photo"])))
    assert before.shape == (60, 90, 3)
    (tmp_path / "a.jpg").write_bytes(jpeg())
    photo = load_photo(tmp_path / "a.jpg")
    for amounts in ({}, {"strength": 0.6, "light": 1.5, "colour": 0.3}):
        strength, light, colour = (amounts.get(name, 1.0) for name in ("strength", "light", "colour"))
        transforms = np.eye(3, 4, dtype=np.float32) + strength * (light * grid[:, :, :3] + colour * grid[:, :, 3:])
        ours = apply_affine(transforms, photo.pixels)
        product = Enhancer(model_files["gains"]).enhance_photo(photo, strength, light=light, colour=colour).pixels
        assert np.abs(ours.astype(int) - product.astype(int)).max() <= 1


def test_a_photo_of_another_space_comes_with_a_table_to_srgb(page: httpx.Client) -> None:
    id = add(page, "p3.jpg", jpeg(icc_profile("p3")))["id"]
    _, parts = unpack(page.get(f"/page/photos/{id}/view?model=lift").content)
    table = np.frombuffer(parts["lut"], np.uint8).reshape(33, 33, 33, 4)  # blue, green, red
    assert table[0, 0, 0].tolist() == [0, 0, 0, 255]
    assert table[32, 32, 32].tolist() == [255, 255, 255, 255]
    red, green, _, _ = (int(value) for value in table[8, 8, 24])
    assert red > 24 * 8 > 8 * 8 > green  # P3's colours are livelier than sRGB's of the same numbers


def test_other_methods_come_as_two_pictures_and_thumbnails_of_all(page: httpx.Client) -> None:
    id = add(page, "a.jpg")["id"]
    _, parts = unpack(page.get(f"/page/photos/{id}/view?model=lift&method=clhe").content)
    assert Image.open(BytesIO(parts["after"])).size == Image.open(BytesIO(parts["photo"])).size == (90, 60)
    _, parts = unpack(page.get(f"/page/photos/{id}/strip").content)
    models = [model["name"] for model in page.get("/api/models").json()]
    assert models[:3] == ["lift", "gains", "natural"]
    assert list(parts) == [*(f"{model}/fast" for model in models), "lift/fllf", "lift/npea", "lift/clhe"]
    assert all(Image.open(BytesIO(content)).size == (90, 60) for content in parts.values())


def test_tiles_are_the_photo_in_pieces(page: httpx.Client) -> None:
    pixels = np.tile(smooth_photo(), (20, 1, 1))  # 90 x 1200
    content = BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    id = add(page, "tall.png", content.getvalue())["id"]
    first, second = (Image.open(BytesIO(page.get(f"/page/photos/{id}/tiles/0/{row}").content)) for row in (0, 1))
    assert (first.size, second.size) == ((90, 1024), (90, 176))
    assert np.abs(np.asarray(second).astype(int) - pixels[1024:]).mean() < 2
    assert page.get(f"/page/photos/{id}/tiles/1/0").status_code == 404
    assert page.get(f"/page/photos/{id}/tiles/..%2f/0").status_code in (400, 404)


def test_what_is_saved_is_what_the_command_makes(page: httpx.Client, tmp_path: Path, model_files: dict[str, Path]) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg())
    wanted = enhanced(tmp_path / "a.jpg", model_files["lift"], "--strength", "0.5")
    ids = [add(page, name)["id"] for name in ("trip/東京.jpg", "trip/ü.jif", "b.jpg")]
    one = page.get(f"/page/photos/{ids[0]}/save", params={"model": "lift", "strength": 0.5})
    assert one.content == wanted
    assert one.headers["content-disposition"].endswith("%E6%9D%B1%E4%BA%AC.jpg")
    bad = add(page, "bad.jpg", b"nothing")["id"]
    wishes = [{"id": id, "options": {"model": "lift", "strength": 0.5}} for id in (*ids, bad)]
    key = page.post("/page/jobs", json={"kind": "zip", "photos": wishes}).json()["key"]
    with zipfile.ZipFile(BytesIO(page.get(f"/page/jobs/{key}/zip").content)) as archive:
        assert archive.namelist() == ["trip/東京.jpg", "trip/ü.jpg", "b.jpg", "not saved.txt"]
        assert archive.read("trip/東京.jpg") == wanted
        assert b"bad.jpg: damaged" in archive.read("not saved.txt")
    state = page.get(f"/page/jobs/{key}").json()
    assert (state["done"], state["total"], state["finished"], len(state["failed"])) == (4, 4, True, 1)


def test_photos_go_into_the_folder_and_take_no_ones_place(page: httpx.Client, site: Served) -> None:
    folder = site.server.output
    assert folder is not None
    (folder / "a.jpg").write_bytes(b"mine")
    wishes = [{"id": add(page, name)["id"], "options": {"model": "lift"}} for name in ("a.jpg", "../../x/c.jpg")]
    key = page.post("/page/jobs", json={"kind": "folder", "photos": wishes}).json()["key"]
    assert wait_for_job(page, key)["failed"] == []
    written = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.jpg"))
    assert written == ["a-2.jpg", "a.jpg", "x/c.jpg"]
    assert (folder / "a.jpg").read_bytes() == b"mine"


def test_two_jobs_at_once_take_no_names_from_each_other(page: httpx.Client, site: Served) -> None:
    wishes = [{"id": add(page, "twice.jpg")["id"], "options": {"model": "lift"}}]
    keys = [page.post("/page/jobs", json={"kind": "folder", "photos": wishes}).json()["key"] for _ in range(2)]
    assert [wait_for_job(page, key)["failed"] for key in keys] == [[], []]
    assert site.server.output is not None
    assert sorted(path.name for path in site.server.output.glob("twice*")) == ["twice-2.jpg", "twice.jpg"]


def test_a_folder_that_cannot_be_looked_into_ends_the_job(page: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("deep_photo_enhancer.web.names._names_in", refuse)
    wishes = [{"id": add(page, "closed.jpg")["id"], "options": {"model": "lift"}}]
    key = page.post("/page/jobs", json={"kind": "folder", "photos": wishes}).json()["key"]
    [sentence] = wait_for_job(page, key)["failed"]
    assert sentence.endswith(": cannot be used: Permission denied.")


def test_a_link_that_is_opened_again_takes_no_photos_away(page: httpx.Client) -> None:
    photo = add(page, "kept.jpg")
    assert page.get("/?code=old").status_code == 303
    assert photo in page.get("/page/state").json()["photos"]


@pytest.mark.parametrize("wanted", [{"kind": "zip", "photos": []}, {"kind": "mail", "photos": []}, {}, [], {"photos": 1}])
def test_jobs_that_are_none_are_refused(page: httpx.Client, wanted: object) -> None:
    assert page.post("/page/jobs", json=wanted).status_code == 400


def test_a_code_opens_the_page_once(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.server.access, "token", "secret")
    code = site.server.access.new_code()
    with site.client(follow_redirects=True) as browser, site.client(follow_redirects=True) as other:
        assert browser.get("/").status_code == 401
        assert browser.get("/?code=guess").status_code == 401
        entered = browser.get("/", params={"code": code})
        assert (entered.status_code, str(entered.url)) == (200, f"{site.url}/")
        assert "<canvas" in entered.text
        assert browser.get("/api/models").status_code == 200
        assert browser.get("/page/state").json()["photos"] == []
        assert other.get("/", params={"code": code}).status_code == 401
        assert other.get("/page/state").status_code == 401
