"""The page in a real browser: Debian's chromium, driven by playwright. Skipped where either is missing."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.photo import Photo
from tests.accessibility import violations
from tests.enhancing_fixtures import smooth_photo
from tests.web.serving import Served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")

NAMES = ("Straße 東京.png", "наш дом ☀.png")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("photos")
    for name in NAMES:
        Image.fromarray(smooth_photo()).save(folder / name)
    return [folder / name for name in NAMES]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1100, "height": 700}, color_scheme="dark")
    context.set_default_timeout(60_000)
    yield context
    context.close()


def opened(context: BrowserContext, site: Served) -> Page:
    page = context.new_page()
    page.goto(site.url)
    page.locator("body[data-ready]").wait_for()
    return page


def add(page: Page, photos: list[Path]) -> None:
    page.set_input_files("#files", photos)
    page.locator("body[data-shown]").wait_for()
    playwright.expect(page.locator("#film progress")).to_have_count(0)


def canvas_pixels(page: Page) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """What is on the canvas after the next frame: (H, W, 4)."""
    read = """async () => {
      const canvas = document.getElementById("canvas");
      await new Promise(requestAnimationFrame);
      const { Stage } = await import("/static/stage.js");
      const draw = Stage.prototype.draw;
      return await new Promise((resolve) => {
        Stage.prototype.draw = function () {
          draw.call(this);
          Stage.prototype.draw = draw;
          canvas.toBlob(async (blob) => resolve([...new Uint8Array(await blob.arrayBuffer())]));
        };
        window.dispatchEvent(new Event("blur"));
        document.getElementById("zoom-fit").click();
      });
    }"""
    return np.asarray(Image.open(BytesIO(bytes(page.evaluate(read)))).convert("RGBA"))


def test_amounts_move_live_and_the_screen_shows_what_the_product_makes(
    context: BrowserContext, site: Served, photos: list[Path], model_files: dict[str, Path]
) -> None:
    page = opened(context, site)
    asked: list[str] = []
    troubles: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    add(page, photos)
    page.wait_for_load_state("networkidle")
    assert all(url.startswith((site.url, "blob:", "data:")) for url in asked)
    asked.clear()
    for name, value in (("strength", "80"), ("light", "150"), ("colour", "40")):
        page.locator(f"#{name}").fill(value)
    page.locator("#divider").press("Home")
    pixels = canvas_pixels(page)
    assert [url for url in asked if url.startswith("http")] == []
    assert troubles == []
    height, width = pixels.shape[:2]
    top, left = (height - 60 + 1) // 2, (width - 90 + 1) // 2
    shown = pixels[top : top + 60, left : left + 90, :3]
    product = Enhancer(model_files["lift"]).enhance_photo(Photo(smooth_photo()), 0.8, light=1.5, colour=0.4).pixels
    differences = np.abs(shown.astype(int) - product.astype(int))
    assert differences.mean() < 1.5  # the preview is a JPEG
    page.get_by_role("button", name="Undo").click()
    playwright.expect(page.locator("#colour")).to_have_value("100")
    page.keyboard.press("Control+Shift+Z")
    playwright.expect(page.locator("#colour")).to_have_value("40")


def test_a_reload_keeps_photos_and_what_was_set(context: BrowserContext, site: Served, photos: list[Path]) -> None:
    page = opened(context, site)
    add(page, photos)
    page.locator("#strength").fill("30")
    set_while_it_was_sent = """async () => {
      const { Edits } = await import("/static/edits.js");
      const edits = new Edits();
      edits.change(["new-0"], { strength: 0.4 });
      edits.move("new-0", "sent");
      const kept = edits.get("sent").strength;
      edits.undo();
      return [kept, edits.get("sent").strength];
    }"""
    assert page.evaluate(set_while_it_was_sent) == [0.4, 1]
    page.reload()
    page.locator("body[data-shown]").wait_for()
    playwright.expect(page.locator("#film li").first).to_have_attribute("aria-label", f"{NAMES[0]}, ready")
    playwright.expect(page.locator("#film li")).to_have_count(2)
    playwright.expect(page.locator("#strength")).to_have_value("30")


def test_it_works_by_keyboard_alone(context: BrowserContext, site: Served, photos: list[Path]) -> None:
    page = opened(context, site)
    page.keyboard.press("Tab")
    playwright.expect(page.locator("#choose")).to_be_focused()
    add(page, photos)
    page.locator("body[data-shown]").wait_for()
    page.locator("#canvas").focus()
    page.keyboard.down(" ")
    playwright.expect(page.locator("#tag-after")).to_be_hidden()
    page.keyboard.up(" ")
    playwright.expect(page.locator("#tag-after")).to_be_visible()
    page.keyboard.press("ArrowRight")
    playwright.expect(page.locator("#film li").nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("s")
    playwright.expect(page.locator("#mode-both")).to_have_attribute("aria-checked", "true")
    page.keyboard.press("s")
    playwright.expect(page.locator("#divider")).to_be_visible()
    page.locator("#divider").focus()
    page.keyboard.press("ArrowRight")
    playwright.expect(page.locator("#divider")).to_have_attribute("aria-valuenow", "52")
    with page.expect_download() as download:
        page.locator("#save").press("Enter")
        page.keyboard.press("Tab")
        page.locator("#save-one").press("Enter")
    assert download.value.suggested_filename == NAMES[1]
    page.locator("#canvas").focus()
    page.keyboard.press("Delete")
    playwright.expect(page.locator("#film li")).to_have_count(1)


def test_axe_finds_no_barrier(context: BrowserContext, site: Served, photos: list[Path]) -> None:
    page = opened(context, site)
    assert violations(page) == []
    add(page, photos[:1])
    assert violations(page) == []
    page.emulate_media(color_scheme="light")
    assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert violations(page) == []
    page.locator("#learn").click()
    playwright.expect(page.locator("#liked-count")).not_to_be_empty()
    assert violations(page) == []


def test_a_file_that_is_no_photo_gets_its_sentence(context: BrowserContext, site: Served, tmp_path: Path) -> None:
    (tmp_path / "no.jpg").write_bytes(b"nothing")
    page = opened(context, site)
    page.set_input_files("#files", tmp_path / "no.jpg")
    playwright.expect(page.locator("#problem")).to_contain_text("no.jpg: damaged, or not a photo")


def test_a_tablet_shows_everything_without_scrolling_sideways(context: BrowserContext, site: Served) -> None:
    page = opened(context, site)
    page.evaluate("document.body.classList.remove('empty')")
    for width in (761, 820, 901, 1001):
        page.set_viewport_size({"width": width, "height": 600})
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_small_phone_shows_everything_without_scrolling_sideways(
    browser: Browser, site: Served, photos: list[Path], scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 640},
        color_scheme=scheme,  # type: ignore[arg-type]
        has_touch=True,
        is_mobile=True,
    )
    page = opened(context, site)
    add(page, photos[:1])
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [320, 640]
    for id in ("add", "save", "hold", "mode-both", "zoom-full", "divider", "strength", "colour"):
        box = page.locator(f"#{id}").bounding_box()
        assert box is not None
        assert box["x"] >= 0, id
        assert box["x"] + box["width"] <= 320, id
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"dark": "rgb(26, 26, 27)", "light": "rgb(243, 243, 242)"}[scheme]
    context.close()
