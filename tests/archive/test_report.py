from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

from deep_photo_enhancer.archive.places import Place
from deep_photo_enhancer.archive.records import Row
from deep_photo_enhancer.archive.report import Summary, failures, kind_of, page
from tests.archive.photos import make_archive


def row(number: int, **changes: object) -> Row:
    name = f"{number // 10}/{number:03d}.jpg"
    made = Row(name, "v", name, "s", "enhanced", 100, 50, 3000, 2000, number)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_totals_slowest_and_kinds_do_not_grow_with_the_archive() -> None:
    failed = row(7, status="failed", target="", error="s3://a/0/007.jpg: says that it has 30000 x 20000 pixels")
    also = row(8, status="failed", target="", error="s3://a/0/008.jpg: says that it has 9 x 10 pixels")
    warned = (row(number, warnings=(f"{number} of its tags are left out",)) for number in range(10, 300))
    summary = Summary.of([failed, also, row(9, status="skipped"), *warned], shown=20)
    assert summary.counts == {"enhanced": 290, "failed": 2, "skipped": 1}
    assert summary.errors == {"PHOTO: says that it has # x # pixels": 2}
    assert summary.warnings == {"# of its tags are left out": 290}
    assert [slow.milliseconds for slow in summary.slowest] == list(range(299, 279, -1))
    assert len(summary.shown) == 20
    assert summary.lines() == [
        "293 photos: 290 enhanced, 1 were there, 2 failed",
        "1,740 megapixels, 29 kB in, 14.5 kB out",
        "45 s of workers' time, 0.15 s a photo",
    ]


def test_a_kind_names_neither_the_photo_nor_numbers() -> None:
    assert kind_of("/x/1/012.jpg: 3,5 of 7.2 left", row(12)) == "PHOTO: # of # left"
    sentence = "/x/1/012.jpg: its content is JPEG 2000 of 16 bits, though its name ends in .JP2, of 3000x2000"
    assert kind_of(sentence, row(12)) == "PHOTO: its content is JPEG 2000 of # bits, though its name ends in .JP2, of #x#"


def test_failures_are_a_csv_file() -> None:
    rows = [row(1), row(2, source='a,"b".jpg', status="failed", error="two\nlines", tries=3)]
    assert list(csv.reader("".join(failures(rows)).splitlines(keepends=True))) == [
        ["source", "tries", "error"],
        ['a,"b".jpg', "3", "two\nlines"],
    ]


def test_the_page_shows_photos_before_and_after_and_escapes_names(tmp_path: Path) -> None:
    source = Place.of(str(make_archive(tmp_path / "source", 3)))
    target = Place.of(str(make_archive(tmp_path / "target", 3)))
    gone = row(1, source="<b>gone.jpg")
    html = page(Summary.of([row(0), gone, row(2)]), source, target)
    assert len(re.findall(r'<img alt="(?:before|after)" src="data:image/jpeg;base64,', html)) == 4
    assert "&lt;b&gt;gone.jpg: no such file" in html
    assert "<b>" not in html
