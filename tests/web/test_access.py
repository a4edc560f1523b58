from __future__ import annotations

import pytest

from deep_photo_enhancer.web.access import Access
from deep_photo_enhancer.web.problems import Problem

LOCAL, OPEN = Access(is_local=True), Access(is_local=False, token="secret", names=("photos.example",))


def status(access: Access, method: str = "GET", **headers: str) -> int:
    try:
        access.check_source(method, [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()])
    except Problem as problem:
        return problem.status
    return 200


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:80"])
def test_names_of_this_computer_are_its_own(name: str) -> None:
    assert status(LOCAL, host=name) == 200


@pytest.mark.parametrize(
    "name",
    [
        "evil.example",
        "localhost.evil.example:8000",
        "127.0.0.1.evil.example",
        "192.0.2.1",
        "",
        "localhost:99999",
        "localhost:a",
        "localhost/a",
    ],
)
def test_another_sites_name_that_leads_here_is_refused(name: str) -> None:
    assert status(LOCAL, host=name) == 421


def test_a_request_without_a_name_or_with_two_is_refused() -> None:
    assert status(LOCAL) == 421
    with pytest.raises(Problem, match="once only"):
        LOCAL.check_source("GET", [(b"host", b"localhost"), (b"host", b"localhost")])


def test_an_open_server_goes_by_addresses_its_own_name_and_those_it_was_given() -> None:
    assert [status(OPEN, host=name) for name in ("192.0.2.1:8010", "photos.example", "evil.example")] == [200, 200, 421]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"origin": "http://localhost:8010"}, 200),
        ({"origin": "https://localhost:8010", "sec_fetch_site": "same-origin"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://localhost:9999"}, 403),
        ({"origin": "null"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
    ],
)
def test_another_sites_page_changes_nothing(headers: dict[str, str], expected: int) -> None:
    assert status(LOCAL, "POST", host="localhost:8010", **headers) == expected
    assert status(LOCAL, "GET", host="localhost:8010", **headers) == 200


def test_a_code_lets_one_browser_in_and_is_followed_by_the_next() -> None:
    entries = []
    access = Access(is_local=False, token="secret", on_entry=lambda: entries.append(1))
    code = access.new_code()
    assert [access.take_code(given) for given in ("", "x" * 22, code, code)] == [False, False, True, False]
    assert entries == [1]


def test_the_token_is_asked_of_programs() -> None:
    given = [None, "", "Bearer", "Bearer wrong", "secret", "Basic secret", "Bearer secret", "bearer  secret"]
    assert [OPEN.has_token(each) for each in given] == [False] * 6 + [True] * 2
    assert LOCAL.has_token(None)
