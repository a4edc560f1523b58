"""What is to do: the listing beside the records, in parts that every worker gets some of."""

from __future__ import annotations

import heapq
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from deep_photo_enhancer.archive.naming import Item
from deep_photo_enhancer.archive.records import Row

PART_PHOTOS = 100
PART_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Wish:
    """Which photos are to be made."""

    settings: str
    """Digest of the settings; what was made with others is made again."""
    retry_failed: bool = False
    """Whether also those that failed before by their own fault."""
    is_there: Callable[[str], bool] | None = None
    """Whether an output is there, where asking costs next to nothing; else the records are believed."""


def remaining(
    items: Iterable[Item], rows: Iterable[Row], order: Callable[[str], Any], wish: Wish, left: Counter[str]
) -> Iterator[Item]:
    """The photos that are missing, or made from another version or with other settings.

    Both come in the same order, `order`, and are looked at side by side: neither is held. `left` counts those that are left alone
    as "done" or "failed before", and as "remade" those whose output is of another version or settings.
    """
    recorded = iter(rows)
    row = next(recorded, None)
    for item in items:
        place = order(item.key)
        while row is not None and order(row.source) < place:
            row = next(recorded, None)
        if row is None or row.source != item.key:
            yield item
        elif row.version != item.stamp.version or row.settings != wish.settings:
            left["remade"] += row.status != "failed"
            yield replace(item, replace=True)
        elif row.status == "failed":
            if wish.retry_failed or row.again:
                yield item
            else:
                left["failed before"] += 1
        elif wish.is_there is not None and not wish.is_there(row.target):
            yield item
        else:
            left["done"] += 1


def draw_sample(items: Iterable[Item], count: int, order: Callable[[str], Any]) -> list[Item]:
    """Photos by chance, the same ones each time, in the order of the listing."""
    chosen = heapq.nsmallest(count, ((zlib.crc32(item.key.encode("utf-8", "surrogateescape")), item.key, item) for item in items))
    return sorted((item for _, _, item in chosen), key=lambda item: order(item.key))


def make_parts(items: Iterable[Item], workers: Callable[[], int]) -> Iterator[list[Item]]:
    """Parts in the order of the items, of at most PART_PHOTOS photos and PART_BYTES.

    The first ones are small, so that all workers have work at once, and the last ones, so that all end at the same time: about
    two for each worker are made of what has been listed. `workers` may change meanwhile; a few hundred photos for each are listed
    ahead.
    """
    source = iter(items)
    listed: deque[Item] = deque()
    ahead = 10
    while True:
        count = max(1, workers())
        ahead = min(2 * ahead, 2 * PART_PHOTOS)
        listed.extend(islice(source, max(0, ahead * count - len(listed))))
        if not listed:
            return
        yield _take(listed, min(PART_PHOTOS, max(1, len(listed) // (2 * count))))


def _take(listed: deque[Item], count: int) -> list[Item]:
    part: list[Item] = []
    size = 0
    while listed and len(part) < count and (not part or size + listed[0].stamp.size <= PART_BYTES):
        part.append(listed.popleft())
        size += part[-1].stamp.size
    return part
