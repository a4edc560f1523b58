from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from deep_photo_enhancer.archive.naming import Item
from deep_photo_enhancer.archive.places import Stamp
from deep_photo_enhancer.archive.planning import PART_BYTES, Wish, draw_sample, make_parts, remaining
from deep_photo_enhancer.archive.records import Row


def item(number: int, size: int = 1, version: str = "v") -> Item:
    return Item(f"{number:06d}.jpg", Stamp(size, version, 0), f"{number:06d}.jpg")


def row(number: int, **changes: Any) -> Row:
    return replace(Row(f"{number:06d}.jpg", "v", f"{number:06d}.jpg", "s", "enhanced"), **changes)


def left_to_do(wish: Wish, items: list[Item], rows: list[Row]) -> tuple[list[Item], dict[str, int]]:
    left: Counter[str] = Counter()
    return list(remaining(items, rows, str, wish, left)), dict(left)


def test_what_is_recorded_is_left_and_what_is_missing_is_made() -> None:
    items = [item(number) for number in range(6)]
    rows = [row(0), row(2, status="failed"), row(4, status="skipped")]
    todo, left = left_to_do(Wish("s"), items, rows)
    assert (todo, left) == ([items[1], items[3], items[5]], {"done": 2, "failed before": 1})


def test_other_settings_and_other_versions_are_made_again() -> None:
    items = [item(0), item(1, version="w"), item(2)]
    todo, left = left_to_do(Wish("s"), items, [row(0, settings="t"), row(1), row(2, settings="t", status="failed")])
    assert (todo, left) == ([replace(each, replace=True) for each in items], {"remade": 2})


def test_failed_photos_are_tried_again_when_that_is_wished() -> None:
    items = [item(0), item(1)]
    assert left_to_do(Wish("s", retry_failed=True), items, [row(0), row(1, status="failed")]) == ([items[1]], {"done": 1})


def test_photos_that_could_not_be_reached_are_tried_again_by_themselves() -> None:
    items = [item(0), item(1)]
    rows = [row(0, status="failed", again=True), row(1, status="failed")]
    assert left_to_do(Wish("s"), items, rows) == ([items[0]], {"failed before": 1})


def test_outputs_that_were_removed_are_made_again_where_looking_is_cheap() -> None:
    items = [item(0), item(1)]
    wish = Wish("s", is_there=lambda output: output == "000001.jpg")
    assert left_to_do(wish, items, [row(0), row(1)]) == ([items[0]], {"done": 1})


def test_rows_of_photos_that_are_gone_are_passed_by() -> None:
    assert left_to_do(Wish("s"), [item(5)], [row(1), row(3), row(5), row(9)]) == ([], {"done": 1})


def test_a_sample_is_spread_is_the_same_each_time_and_keeps_the_order() -> None:
    items = [item(number) for number in range(1000)]
    sample = draw_sample(iter(items), 100, str)
    assert sample == draw_sample(reversed(items), 100, str) == sorted(sample, key=lambda each: each.key)
    assert len(sample) == 100
    assert 30 < sum(each.key < "000500" for each in sample) < 70
    assert draw_sample(items[:3], 100, str) == items[:3]


@pytest.mark.parametrize(("count", "workers"), [(1, 8), (400, 2), (5000, 3)])
def test_parts_hold_every_photo_once_start_small_and_end_small(count: int, workers: int) -> None:
    items = [item(number) for number in range(count)]
    parts = list(make_parts(items, lambda: workers))
    assert [each for part in parts for each in part] == items
    sizes = [len(part) for part in parts]
    assert max(sizes) <= 100
    assert sizes[0] <= 10
    assert sizes[-1] == 1
    assert count < 5000 or max(sizes) == 100


def test_parts_have_two_gigabytes_at_most() -> None:
    items = [item(number, PART_BYTES // 3) for number in range(500)]
    assert max(len(part) for part in make_parts(items, lambda: 1)) == 3
    huge = [item(number, PART_BYTES + 1) for number in range(5)]
    assert [len(part) for part in make_parts(huge, lambda: 1)] == [1] * 5


def test_no_more_is_listed_than_workers_will_need_soon() -> None:
    listed = 0

    def endless() -> Any:
        nonlocal listed
        while True:
            listed += 1
            yield item(listed)

    parts = make_parts(endless(), lambda: 2)
    for _ in range(1):
        next(parts)
    assert listed <= 40
    for _ in range(50):
        next(parts)
    assert listed <= 50 * 100 + 2 * 200
