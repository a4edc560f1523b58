"""The look over an archive before anyone trusts it: totals, what took long, what was lost, what failed, and a hundred photos."""

from __future__ import annotations

import base64
import csv
import heapq
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape

from deep_photo_enhancer.archive.places import Place
from deep_photo_enhancer.archive.progress import duration, size
from deep_photo_enhancer.archive.records import Row
from deep_photo_enhancer.errors import DPEError
from deep_photo_enhancer.photo import FORMAT_OF_SUFFIX, Photo, SaveOptions, load_photo
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.photo.writing import photo_bytes
from deep_photo_enhancer.system.text import quantity

SHOWN = 100
"""Photos on the contact sheet."""
SLOWEST = 20
SIDE = 360
"""Long side of a picture on the contact sheet, in pixels."""
_FORMATS = "|".join(re.escape(name) for name in {*FORMAT_OF_SUFFIX.values(), *FORMAT_OF_SUFFIX} if re.search(r"\d", name))
_OWN_NUMBER = re.compile(rf"({_FORMATS})\b|\d+(?:[.,]\d+)*", re.IGNORECASE)
"""A number, but for those in the names of formats, which are its group."""


@dataclass
class Summary:
    """What the records say, in a size that does not grow with the archive."""

    counts: Counter[str] = field(default_factory=Counter)
    """Photos by status."""
    warnings: Counter[str] = field(default_factory=Counter)
    """Photos by kind of warning, names and numbers left out."""
    errors: Counter[str] = field(default_factory=Counter)
    bytes_in: int = 0
    bytes_out: int = 0
    pixels: int = 0
    milliseconds: int = 0
    slowest: list[Row] = field(default_factory=list)
    shown: list[Row] = field(default_factory=list)
    """Enhanced photos by chance, the same ones each time."""
    is_sample: bool = False
    """Whether the newest run was only to make some of the photos."""

    @staticmethod
    def of(rows: Iterable[Row], shown: int = SHOWN) -> Summary:
        """Go through the newest row of each photo, once."""
        summary = Summary()
        slowest: list[tuple[int, str, Row]] = []
        chosen: list[tuple[int, str, Row]] = []
        for row in rows:
            summary._add(row)
            _keep(slowest, (row.milliseconds, row.source, row), SLOWEST)
            if row.status == "enhanced":
                _keep(chosen, (-zlib.crc32(row.source.encode("utf-8", "surrogateescape")), row.source, row), shown)
        summary.slowest = [row for _, _, row in sorted(slowest, reverse=True)]
        summary.shown = sorted((row for _, _, row in chosen), key=lambda row: row.source)
        return summary

    def _add(self, row: Row) -> None:
        self.counts[row.status] += 1
        self.warnings.update({kind_of(warning, row) for warning in row.warnings})
        if row.error is not None:
            self.errors[kind_of(row.error, row)] += 1
        if row.status == "enhanced":
            self.bytes_in += row.bytes_in
            self.bytes_out += row.bytes_out
            self.pixels += row.width * row.height
            self.milliseconds += row.milliseconds

    def lines(self) -> list[str]:
        """The totals, for people."""
        enhanced = self.counts["enhanced"]
        each = self.milliseconds / 1000 / enhanced if enhanced else 0.0
        return [
            f"{quantity(self.counts.total(), 'photo')}: {enhanced} enhanced, {self.counts['skipped']} were there, "
            f"{self.counts['failed']} failed",
            f"{self.pixels / 1e6:,.0f} megapixels, {size(self.bytes_in)} in, {size(self.bytes_out)} out",
            f"{duration(self.milliseconds / 1000)} of workers' time, {each:.2f} s a photo",
            *(["the newest run was a sample only (--sample): it left the other photos alone"] if self.is_sample else []),
        ]


def _keep(heap: list[tuple[int, str, Row]], entry: tuple[int, str, Row], count: int) -> None:
    if len(heap) < count:
        heapq.heappush(heap, entry)
    elif heap and entry[:2] > heap[0][:2]:
        heapq.heapreplace(heap, entry)


def kind_of(sentence: str, row: Row) -> str:
    """A warning or an error without what is its photo's own."""
    for name in filter(None, (row.source, row.target)):
        sentence = sentence.replace(name, "PHOTO")
    sentence = re.sub(r"\S*PHOTO", "PHOTO", sentence)
    return _OWN_NUMBER.sub(lambda found: found[1] or "#", sentence)


def failures(rows: Iterable[Row]) -> Iterator[str]:
    """A CSV file of the photos that failed, line by line."""
    yield _csv_line(("source", "tries", "error"))
    for row in rows:
        if row.status == "failed":
            yield _csv_line((row.source, str(row.tries), row.error or ""))


def _csv_line(values: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


def page(summary: Summary, source: Place, target: Place) -> str:
    """One page that needs nothing else, with the photos before and after."""
    parts = [
        f"<h1>{_text(target.name)}</h1><p>from {_text(source.name)}</p>",
        *(f"<p>{_text(line)}</p>" for line in summary.lines()),
        _table("Failed", ("photos", "why"), summary.errors.most_common()),
        _table("Warnings", ("photos", "what"), summary.warnings.most_common()),
        _table("Slowest", ("seconds", "photo"), [(row.source, f"{row.milliseconds / 1000:.1f}") for row in summary.slowest]),
        f"<h2>{quantity(len(summary.shown), 'photo')} by chance, before and after</h2>",
        *(_figure(row, source, target) for row in summary.shown),
    ]
    return _PAGE.replace("BODY", "\n".join(parts))


def _table(title: str, columns: tuple[str, str], rows: Iterable[tuple[str, object]]) -> str:
    cells = [f"<tr><td>{_text(number)}</td><td>{_text(text)}</td></tr>" for text, number in rows]
    heading = f"<tr><th>{columns[0]}</th><th>{columns[1]}</th></tr>"
    return f"<h2>{title}</h2><table>{heading}{''.join(cells)}</table>" if cells else ""


def _figure(row: Row, source: Place, target: Place) -> str:
    try:
        pictures = [_picture(source, row.source), _picture(target, row.target)]
    except DPEError as error:
        return f"<figure><figcaption>{_text(error)}</figcaption></figure>"
    images = "".join(f'<img alt="{alt}" src="{url}">' for alt, url in zip(("before", "after"), pictures, strict=True))
    return f"<figure>{images}<figcaption>{_text(row.source)}</figcaption></figure>"


def _picture(place: Place, key: str) -> str:
    """A small JPEG as a URL of its own."""
    content = place.folder / key if place.folder is not None else place.read(key) or b""
    photo = load_photo(content, name=place.url(key))
    small = vips_image(photo.pixels).resize(min(1.0, SIDE / max(photo.size)))
    pixels = small.numpy().reshape(small.height, small.width, small.bands)
    jpeg, _ = photo_bytes(Photo(pixels, profile=photo.profile), ".jpg", SaveOptions(80, "none"))
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _text(value: object) -> str:
    return escape(str(value).encode("utf-8", "replace").decode())


_PAGE = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Archive of enhanced photos</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76em; margin: 2em auto; padding: 0 1em; color: #222; background: #fff }
table { border-collapse: collapse } td, th { text-align: left; padding: .1em 1em .1em 0; vertical-align: top }
figure { display: inline-block; margin: 0 1em 1em 0 } img { max-width: 22em; margin-right: 4px }
figcaption { color: #555; overflow-wrap: anywhere }
</style>
BODY
</html>
"""
