from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deep_photo_enhancer.archive.listing import folder_order
from deep_photo_enhancer.archive.places import Place
from deep_photo_enhancer.archive.records import Records, Row, from_parquet, to_parquet
from deep_photo_enhancer.errors import ArchiveError

FULL = Row("a/ü\n.jpg", "etag", "a/ü.jpg", "s", "enhanced", 10, 20, 30, 40, 50, ("one", "two"), None, 2)
FAILED = Row("b.jpg", "1-2", "", "s", "failed", error="b.jpg: damaged", again=True)
NO_UNICODE = Row("a\udcff.jpg", "etag", "a\udcff.png", "s", "enhanced")


@pytest.fixture(params=["folder", "memory"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place.of(str(tmp_path) if request.param == "folder" else f"memory://{tmp_path.name}")


def sources(rows: Iterator[Row]) -> list[tuple[str, str]]:
    return [(row.source, row.version) for row in rows]


def test_rows_come_back_as_they_went() -> None:
    assert from_parquet(to_parquet([FULL, FAILED, NO_UNICODE])) == [FULL, FAILED, NO_UNICODE]
    assert from_parquet(to_parquet([])) == []


def test_the_newest_row_of_each_photo_counts_in_the_order_of_the_listing(target: Place) -> None:
    records = Records(target)
    assert (records.next_run(), list(records.rows(folder_order))) == (1, [])
    one = replace(FAILED, version="1")
    records.write(1, 0, [replace(one, source=source) for source in ("a.jpg", "c.jpg")])
    records.write(1, 1, [replace(one, source=source) for source in ("d.jpg", "b/a.jpg")])
    records.write(2, 0, [replace(one, source=source, version="2") for source in ("b.jpg", "c.jpg", "b/a.jpg", "c/a.jpg")])
    assert records.next_run() == 3
    assert sources(records.rows(folder_order)) == [
        ("a.jpg", "1"), ("b.jpg", "2"), ("c.jpg", "2"), ("d.jpg", "1"), ("b/a.jpg", "2"), ("c/a.jpg", "2"),
    ]  # fmt: skip


def test_a_record_that_is_written_again_is_replaced(target: Place) -> None:
    records = Records(target)
    records.write(1, 0, [FULL])
    records.write(1, 0, [FULL, FAILED])
    assert list(records.rows(str)) == [FULL, FAILED]


def test_many_records_are_read_in_order(target: Place) -> None:
    records = Records(target)
    for part in range(30):
        records.write(1, part, [replace(FAILED, source=f"{part:03d}")])
    assert [row.source for row in records.rows(str)] == [f"{part:03d}" for part in range(30)]


def test_a_damaged_record_is_named_with_its_remedy(target: Place) -> None:
    records = Records(target)
    records.write(1, 0, [FULL])
    target.write(".dpe-archive/records/0001/000000000.parquet", b"no Parquet")
    with pytest.raises(ArchiveError, match=r"000000000\.parquet: is damaged or of another version; remove it"):
        list(records.rows(str))
