"""The page in a real browser: Debian's chromium, driven by playwright. Skipped where either is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from deep_photo_enhancer.research.study.material import Study, pairs_for
from tests.accessibility import violations
from tests.research.study.fixtures import SYSTEMS, small_study
from tests.web.study_serving import StudyServer, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
DESKTOP, PHONE = (1280, 800), (390, 844)
PHOTOS = 2
PAIRS = 6


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return small_study(tmp_path_factory.mktemp("study"), PHOTOS)


@pytest.fixture
def server(study: Study) -> Iterator[StudyServer]:
    study.votes_file.unlink(missing_ok=True)
    with served(study) as server:
        yield server


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, server: StudyServer) -> Page:
    """A new participant's, after the start."""
    return begun(context.new_page(), server)


def address(server: StudyServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/"


def begun(page: Page, server: StudyServer) -> Page:
    page.goto(address(server))
    page.get_by_role("button", name="Start").click()
    wait_for(page, 1)
    return page


def wait_for(page: Page, number: int) -> None:
    page.locator(f"body:has(#count:text-is('Pair {number} of {PAIRS}')) #pair[aria-busy=false]").wait_for()


def shown(page: Page, server: StudyServer) -> tuple[str, str, str]:
    """The photo, and the systems on the left and on the right."""
    ids = [page.locator(f"#{side} img").get_attribute("src") for side in ("first", "second")]
    left, right = (server.study.pictures[str(id).removeprefix("pictures/")] for id in ids)
    assert left.photo == right.photo
    return left.photo, left.system, right.system


def test_votes_by_click_and_by_key_are_kept_as_they_were_meant(page: Page, server: StudyServer) -> None:
    meant = []
    for number, choose in enumerate(("first", "second", "ArrowLeft", "ArrowRight", "Tab Enter"), start=1):
        photo, left, right = shown(page, server)
        if choose in ("first", "second"):
            page.locator(f"#{choose}").click()
        else:
            for key in choose.split():
                page.keyboard.press(key)
        is_left = choose in ("first", "ArrowLeft", "Tab Enter")
        meant.append((photo, left, left if is_left else right))
        wait_for(page, number + 1)
    votes = server.store.all()
    assert [(vote.photo, vote.left, vote.winner) for vote in votes] == meant
    assert len({vote.participant for vote in votes}) == 1
    assert all(0 <= (vote.milliseconds or 0) < 30_000 for vote in votes)


def test_axe_finds_no_barrier(page: Page) -> None:
    assert violations(page) == []


def test_a_reload_and_a_return_through_the_bare_address_go_on_where_one_was(page: Page, server: StudyServer) -> None:
    for number in (2, 3):
        page.keyboard.press("ArrowLeft")
        wait_for(page, number)
    before = shown(page, server)
    page.reload()
    wait_for(page, 3)
    assert shown(page, server) == before
    page.goto("about:blank")
    page.goto(address(server))
    wait_for(page, 3)
    page.keyboard.press("ArrowRight")
    wait_for(page, 4)
    assert len({vote.participant for vote in server.store.all()}) == 1


def test_the_address_alone_goes_on_in_another_browser(page: Page, server: StudyServer, browser: Browser) -> None:
    page.keyboard.press("ArrowLeft")
    wait_for(page, 2)
    elsewhere = browser.new_context()
    other = elsewhere.new_page()
    other.goto(page.url)
    wait_for(other, 2)
    assert shown(other, server) == shown(page, server)
    elsewhere.close()


def test_the_last_vote_can_be_taken_back_by_key_and_by_button(page: Page, server: StudyServer) -> None:
    undo = page.get_by_role("button", name="Undo")
    playwright.expect(undo).to_be_disabled()
    first = shown(page, server)
    page.keyboard.press("ArrowLeft")
    wait_for(page, 2)
    page.keyboard.press("u")
    wait_for(page, 1)
    assert shown(page, server) == first
    assert server.store.all() == []
    page.keyboard.press("ArrowRight")
    wait_for(page, 2)
    assert [vote.winner for vote in server.store.all()] == [first[2]]
    undo.click()
    wait_for(page, 1)
    assert server.store.all() == []
    playwright.expect(undo).to_be_disabled()


def test_the_end_says_thanks_allows_undo_and_lets_another_person_begin(page: Page, server: StudyServer) -> None:
    for number in range(2, PAIRS + 1):
        page.keyboard.press("ArrowLeft")
        wait_for(page, number)
    page.keyboard.press("ArrowLeft")
    playwright.expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert len(server.store.all()) == PAIRS
    page.keyboard.press("u")
    wait_for(page, PAIRS)
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Someone else's turn").click()
    page.get_by_role("button", name="Start").click()
    wait_for(page, 1)
    page.keyboard.press("ArrowLeft")
    wait_for(page, 2)
    assert len({vote.participant for vote in server.store.all()}) == 2


def test_order_and_sides_differ_between_participants_and_sides_are_balanced(browser: Browser, server: StudyServer) -> None:
    seen = []
    for _ in range(2):
        context = browser.new_context()
        page = begun(context.new_page(), server)
        pairs = [shown(page, server)]
        for number in range(2, PAIRS + 1):
            page.keyboard.press("ArrowLeft")
            wait_for(page, number)
            pairs.append(shown(page, server))
        context.close()
        seen.append(pairs)
        for two in ((SYSTEMS[0], SYSTEMS[1]), (SYSTEMS[0], SYSTEMS[2]), (SYSTEMS[1], SYSTEMS[2])):
            assert sorted(left for _, left, right in pairs if {left, right} == set(two)) == sorted(two)
    assert seen[0] != seen[1]
    assert sorted((photo, *sorted(two)) for photo, *two in seen[0]) == sorted((photo, *sorted(two)) for photo, *two in seen[1])


def test_no_request_leaves_the_server_and_no_answer_names_a_system(context: BrowserContext, server: StudyServer) -> None:
    page = context.new_page()
    requests, answers, troubles = [], [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("response", lambda answer: answers.append(str(answer.all_headers()).encode() + answer.body()))
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    begun(page, server)
    for number in (2, 3, 4):
        page.keyboard.press("ArrowRight")
        wait_for(page, number)
    page.keyboard.press("u")
    wait_for(page, 3)
    assert troubles == []
    assert len(requests) > PAIRS
    assert all(url.startswith((address(server), "data:")) for url in requests)
    told = b"".join(answers) + page.content().encode()
    assert not [name for name in (*SYSTEMS, "scene") if name.encode() in told]


def test_the_pictures_of_the_next_pairs_are_fetched_ahead(context: BrowserContext, server: StudyServer) -> None:
    page = context.new_page()
    fetched: set[str] = set()
    page.on("requestfinished", lambda request: fetched.add(request.url.split("/")[-1]))
    begun(page, server)
    page.wait_for_load_state("networkidle")
    plan = pairs_for(server.study, page.url.split("#")[1])
    assert fetched >= {id for pair in plan[:4] for id in pair}


@pytest.mark.parametrize("size", [DESKTOP, PHONE, PHONE[::-1]], ids=["desktop", "phone", "phone on its side"])
def test_both_pictures_are_seen_whole_at_one_size_without_scrolling(
    browser: Browser, server: StudyServer, size: tuple[int, int]
) -> None:
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=True, is_mobile=True)
    page = begun(context.new_page(), server)
    for number in range(2, 5):
        first, second = (page.locator(f"#{side} img").bounding_box() for side in ("first", "second"))
        assert first is not None
        assert second is not None
        assert (first["width"], first["height"]) == (second["width"], second["height"])
        assert first["width"] <= 90  # small photos are not enlarged
        apart = second["y"] - first["y"] if width < height else second["x"] - first["x"]
        assert apart >= (first["height"] if width < height else first["width"])
        for box in (first, second):
            assert box["x"] >= 0
            assert box["y"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] + box["height"] <= height
        target = page.locator("#first").bounding_box()
        assert target is not None
        assert target["width"] * target["height"] > 0.25 * width * height
        assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [width, height]
        page.locator("#first").tap()
        wait_for(page, number)
    context.close()


def test_a_vote_that_could_not_be_sent_is_said_to_be_and_can_be_given_again(page: Page, server: StudyServer) -> None:
    page.context.set_offline(True)
    page.keyboard.press("ArrowLeft")
    playwright.expect(page.get_by_role("alert")).to_contain_text("Your choice was not saved")
    assert server.store.all() == []
    page.context.set_offline(False)
    page.keyboard.press("ArrowLeft")
    wait_for(page, 2)
    playwright.expect(page.get_by_role("alert")).to_be_empty()
    assert len(server.store.all()) == 1


def test_pictures_are_named_for_those_who_listen_and_progress_is_told(page: Page) -> None:
    assert [image.get_attribute("alt") for image in page.locator("#pair img").all()] == ["First version", "Second version"]
    status = page.get_by_role("status")
    playwright.expect(status).to_have_text(f"Pair 1 of {PAIRS}")
    page.keyboard.press("ArrowLeft")
    wait_for(page, 2)
    playwright.expect(status).to_have_text(f"Pair 2 of {PAIRS}")
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", page.url.split("#")[1])


def test_it_is_dark_for_those_who_want_it_dark(browser: Browser, server: StudyServer) -> None:
    paper = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = begun(context.new_page(), server)
        paper[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        context.close()
    assert paper == {"light": "rgb(230, 230, 230)", "dark": "rgb(29, 29, 29)"}
