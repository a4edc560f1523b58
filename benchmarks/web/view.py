"""What somebody at the page waits for and sees, in the system's chromium."""

from __future__ import annotations

import base64
import io
import shutil
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray
from PIL import Image, ImageOps
from playwright.sync_api import Page, sync_playwright

from benchmarks.web.site import EXAMPLES, Bars, photos, site
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.enhancement.models import bundled_models
from deep_photo_enhancer.photo import Photo, load_photo

LARGE = (6000, 4000)
PREVIEW = (1732, 1154)
ARGUMENTS = ["--no-sandbox", "--enable-unsafe-swiftshader"]
"""Also WebGL without a GPU."""
SCREEN = {"width": 1440, "height": 900}
FIRST_VIEW = 1.5
"""Seconds."""
DIFFERENCE = 2
"""Levels of 255."""
MOVES = 4000.0
"""Milliseconds that a slider moves."""
DROP = """async ([url, name]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([await (await fetch(url)).blob()], name, { type: "image/jpeg" }));
  await new Promise((resolve) => setTimeout(resolve, 500));
  delete document.body.dataset.shown;
  const start = performance.now();
  const shown = new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      if (!document.body.dataset.shown) return;
      observer.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(resolve));
    }).observe(document.body, { attributeFilter: ["data-shown"] });
  });
  document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }));
  await shown;
  return performance.now() - start;
}"""
MOVE = """async (milliseconds) => {
  const slider = document.getElementById("strength");
  const times = [];
  const start = performance.now();
  for (let now = start; now < start + milliseconds; ) {
    slider.value = Math.round(100 + 90 * Math.sin((now - start) / 300));
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise(requestAnimationFrame);
    times.push(performance.now() - now);
    now = performance.now();
  }
  return times;
}"""
READ = """async () => {
  const { Stage } = await import("/static/stage.js");
  const canvas = document.getElementById("canvas");
  const draw = Stage.prototype.draw;
  return await new Promise((resolve) => {
    Stage.prototype.draw = function () {
      draw.call(this);
      Stage.prototype.draw = draw;
      const { image } = this.panes().map((pane) => ({ ...pane, image: this.imageIn(pane) }))[0];
      canvas.toBlob(async (blob) => {
        const bytes = new Uint8Array(await blob.arrayBuffer());
        let text = "";
        for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
        resolve({ png: btoa(text), ...image });
      });
    };
    window.dispatchEvent(new Event("blur"));
    document.getElementById("divider").dispatchEvent(new KeyboardEvent("keydown", { key: "Home" }));
  });
}"""
Pixels = NDArray[np.uint8]


def view(folder: Path, runs: int) -> Bars:
    """All three."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    bars = Bars("The page")
    with site(folder / "site") as server, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_context(viewport=SCREEN).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(120_000)
        page.goto(server.url)
        page.locator("body[data-ready]").wait_for()
        renderer = page.evaluate(
            """(gl) => (gl = document.createElement("canvas").getContext("webgl2")) &&
              gl.getParameter(gl.getExtension("WEBGL_debug_renderer_info").UNMASKED_RENDERER_WEBGL)"""
        )
        bars.add("browser", f"chromium {browser.version}, WebGL by {renderer}")
        _first_view(bars, page, [_with_grain(path) for path in photos(folder / "large", runs + 1, LARGE)])
        _frames(bars, page, photos(folder / "medium", 1, PREVIEW)[0])
        _differences(bars, page, folder)
    return bars


def _drop(page: Page, path: Path) -> float:
    """Seconds until the photo is to be seen, enhanced; the only one on the page."""
    while page.locator("#film li").count():
        page.locator("#film li .cross").first.click(force=True)
    page.wait_for_load_state("networkidle")
    page.route("**/a-photo", lambda route: route.fulfill(path=path))
    milliseconds = float(page.evaluate(DROP, ["/a-photo", path.name]))
    page.unroute("**/a-photo")
    page.locator(f"#film li[aria-label='{path.name}, ready']").wait_for()
    return milliseconds / 1000


def _first_view(bars: Bars, page: Page, paths: list[Path]) -> None:
    seconds = [_drop(page, path) for path in paths][1:]
    size = paths[-1].stat().st_size / 1e6
    what = f"from the drop of a photo of 24 megapixels ({size:.0f} MB) to its first enhanced view, {len(seconds)} photos"
    figures = f"median {median(seconds):.2f} s, slowest {max(seconds):.2f} s"
    bars.add(what, figures, f"{FIRST_VIEW} s", median(seconds) <= FIRST_VIEW)


def _frames(bars: Bars, page: Page, path: Path) -> None:
    _drop(page, path)
    page.wait_for_load_state("networkidle")
    times = page.evaluate(MOVE, MOVES)
    canvas = page.locator("#canvas").evaluate("(canvas) => `${canvas.width} x ${canvas.height}`")
    rate = 1000 * len(times) / sum(times)
    bars.add(f"frames a second while a slider moves, preview of 2 megapixels, canvas {canvas}", f"{rate:.1f}", "60 with a GPU")


def _differences(bars: Bars, page: Page, folder: Path) -> None:
    """Of photos that come to the page without loss, which shows its mathematics, and of one that comes as JPEG."""
    _compare(bars, page, _with_alpha(_smooth(PREVIEW), folder), "smooth, without loss", ("fit", "100%"))
    _compare(bars, page, _with_alpha(_meadow(PREVIEW), folder), "of a meadow, without loss", ("100%",))
    path = folder / "meadow.png"
    Image.fromarray(_meadow((3000, 2000))).save(path)
    _compare(bars, page, path, "of a meadow, 6 megapixels, its preview and pieces as JPEG", ("fit", "100%"), has_bar=False)


def _compare(bars: Bars, page: Page, path: Path, name: str, zooms: tuple[str, ...], has_bar: bool = True) -> None:
    _drop(page, path)
    for amount, value in (("strength", "80"), ("light", "120"), ("colour", "70")):
        page.locator(f"#{amount}").fill(value)
    enhancer = Enhancer(next(iter(bundled_models().values())))
    product = enhancer.enhance_photo(load_photo(path), 0.8, light=1.2, colour=0.7)
    for zoom in zooms:
        page.locator("#zoom-fit" if zoom == "fit" else "#zoom-full").click()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)
        largest, mean, share = _difference(page.evaluate(READ), product)
        figures = f"largest {largest}, mean {mean:.2f}, {share:.2%} over {DIFFERENCE}"
        what = f"screen against the product's result, photo {name}, {zoom}"
        if has_bar:
            bars.add(what, figures, f"largest {DIFFERENCE} levels", largest <= DIFFERENCE)
        else:
            bars.add(what, figures)


def _difference(screen: dict[str, Any], product: Photo) -> tuple[int, float, float]:
    """Largest and mean, and the share of colours that are further off than DIFFERENCE; one pixel at the rim is left out."""
    canvas = np.asarray(Image.open(io.BytesIO(base64.b64decode(screen["png"]))).convert("RGB"))
    left, top = screen["left"], screen["top"]
    width, height = round(screen["width"]), round(screen["height"])
    wanted = _resized(product.pixels, width, height)
    crop = wanted[max(0, -top) : canvas.shape[0] - top, max(0, -left) : canvas.shape[1] - left]
    shown = canvas[max(0, top) :, max(0, left) :][: crop.shape[0], : crop.shape[1]]
    apart = np.abs(crop.astype(int) - shown.astype(int))[1:-1, 1:-1]
    return int(apart.max()), float(apart.mean()), float((apart > DIFFERENCE).mean())


def _resized(pixels: NDArray[Any], width: int, height: int) -> Pixels:
    if pixels.shape[:2] == (height, width):
        return pixels.astype(np.uint8)
    image = pyvips.Image.new_from_array(np.ascontiguousarray(pixels, np.uint8))
    resized = image.resize(width / image.width, vscale=height / image.height)
    found: Pixels = resized.numpy()
    return found


def _smooth(size: tuple[int, int]) -> Pixels:
    """Soft colours."""
    small = np.random.default_rng(0).integers(40, 215, (6, 9, 3), np.uint8)
    return np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC))


def _meadow(size: tuple[int, int]) -> Pixels:
    photo = Image.open(EXAMPLES / "meadow-below-grey-mountain.jpg").convert("RGB")
    return np.asarray(ImageOps.fit(photo, size, Image.Resampling.BICUBIC))


def _with_alpha(pixels: Pixels, folder: Path) -> Path:
    """A PNG with an alpha, of a preview's size: its preview is itself, and loses nothing."""
    path = folder / "alpha.png"
    Image.fromarray(np.concatenate([pixels, np.full((*pixels.shape[:2], 1), 255, np.uint8)], 2)).save(path)
    return path


def _with_grain(path: Path) -> Path:
    """The photo with a camera's noise, which the examples, enlarged, lack: without it files are small and quick to read."""
    pixels = np.asarray(Image.open(path)).astype(np.int16)
    grain = np.random.default_rng(0).normal(0, 5, pixels.shape[:2]).round().astype(np.int16)
    Image.fromarray((pixels + grain[:, :, None]).clip(0, 255).astype(np.uint8)).save(path, quality=92)
    return path
