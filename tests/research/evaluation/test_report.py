from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.evaluation.evaluate import evaluate
from deep_photo_enhancer.research.evaluation.pairs import Pair
from deep_photo_enhancer.research.evaluation.report import write_report
from deep_photo_enhancer.research.evaluation.results import Evaluation
from tests.research.evaluation.fixtures import HOSTILE, unchanged
from tests.synthetic import grey

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as BrowserPage


def brighter(x: Pixels) -> Pixels:
    return x + np.uint8(20)


class Page(HTMLParser):
    """Collects headings, captions, pictures and every address in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {"h2": [], "b": [], "th": []}
        self.addresses: list[str] = []
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in self.texts:
            self.texts[self._open[-1]].append(data.strip())

    def handle_endtag(self, _tag: str) -> None:
        self._open.append("")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three photos: `brighter` is good for the last one, and worst for the second."""
    folder = tmp_path_factory.mktemp("report")
    photos = [
        Pair("first", grey(50), grey(60)),
        Pair(HOSTILE, grey(50), grey(40)),
        Pair("good", grey(50, 800, 400), grey(70, 800, 400)),
    ]
    write_report(evaluate({"brighter": brighter, HOSTILE: unchanged, "input": unchanged}, photos, folder), folder)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_the_tables_are_written_beside_the_page(tmp_path: Path, evaluation: Evaluation) -> None:
    write_report(evaluation, tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["report.html", "results.csv", "results.json", "table.md"]


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, evaluation: Evaluation) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="file: cannot write there"):
        write_report(evaluation, tmp_path / "file")


def test_the_worst_photo_comes_first(page: Page) -> None:
    assert page.texts["h2"] == [HOSTILE, "first", "good"]


def test_each_photo_shows_input_systems_and_label_side_by_side(page: Page) -> None:
    assert page.texts["b"] == ["input", "brighter", HOSTILE, "label"] * 3


def test_the_page_asks_for_nothing_but_its_pictures(folder: Path, page: Page) -> None:
    assert len(page.addresses) == 24
    assert all((folder / address).is_file() for address in page.addresses)
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|//\w|@import|url\(", text)


def test_names_are_text_and_never_html(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert HOSTILE not in text
    assert HOSTILE.splitlines()[0] not in text
    assert text.count("&lt;b&gt;&#34;&amp;&#39;|`*_") >= 9  # two tables, four choices, and each photo


def test_figures_to_sort_by_stand_in_the_order_of_the_choices(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    choices = re.findall(r'<option value="(\d+)" data-worst="(-?1)">(.*?) of', text)
    assert [int(number) for number, _, _ in choices] == list(range(12))
    assert choices[3][1:] == ("-1", "CIEDE2000")
    good = text[text.index("<h2>good") - 200 :]
    figures = re.search(r'data-figures="(.*?)"', good)
    assert figures is not None
    assert figures[1].split()[:1] == ["Infinity"]
    assert len(figures[1].split()) == 12


def test_light_and_dark_are_both_drawn(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "color-scheme: light dark" in text
    assert "prefers-color-scheme: dark" in text


def test_an_arrow_points_to_better_and_the_best_means_are_bold(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    headings = re.findall(r'<th scope="col">([^<]*[\u2191\u2193])</th>', text)
    assert [heading[-1] for heading in headings] == list("\u2191\u2191\u2191\u2193") * 2
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", text, re.DOTALL)
    assert [row.count("<strong>inf") for row in rows] == [1, 0, 0, 0, 0]
    assert rows[1].count("<strong>") == rows[2].count("<strong>") == 4 - rows[0].count("<strong>")  # two systems are alike


def test_the_best_is_the_lowest_difference_and_equal_ones_are_both_bold(tmp_path: Path) -> None:
    systems = {"same": unchanged, "brighter": brighter, "also": unchanged}
    write_report(evaluate(systems, [Pair("photo", grey(50), grey(50))]), tmp_path)
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", (tmp_path / "report.html").read_text(encoding="utf-8"), re.DOTALL)
    assert [row.count("<strong>") for row in rows] == [4, 0, 4, 0, 0]
    assert "<strong>0.00 [" in rows[0]


def test_a_click_enlarges_a_picture_and_the_slider_compares_it_with_another(folder: Path, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto((folder / "report.html").as_uri())
    page.locator("section", has_text="good").locator("figure a").nth(1).click()
    stage = page.locator("#stage")
    box = stage.bounding_box()
    assert box is not None
    assert box["height"] == pytest.approx(0.76 * 800, abs=2)  # larger than in the row
    assert box["width"] == pytest.approx(box["height"] / 2, abs=2)
    assert [page.locator(f"{side} option:checked").text_content() for side in ("#left", "#right")] == ["input", "brighter"]
    assert brightness_of(page, 0.25) < brightness_of(page, 0.75)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 20)
    page.mouse.up()
    assert float(page.locator("#split").input_value()) == pytest.approx(90, abs=1)
    assert brightness_of(page, 0.25) == brightness_of(page, 0.75)
    page.locator("#left").select_option("label")
    assert brightness_of(page, 0.25) == pytest.approx(70, abs=2)
    page.keyboard.press("Escape")
    stage.wait_for(state="hidden")
    page.close()


def brightness_of(page: BrowserPage, share: float) -> int:
    """Of what stands there between the stage's left and right end."""
    picture = Image.open(io.BytesIO(page.locator("#stage").screenshot())).convert("L")
    return int(np.asarray(picture)[picture.height // 2, int(share * picture.width)])
