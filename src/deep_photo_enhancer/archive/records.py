"""What became of every photo, as a small Parquet file for each part of the archive, below the target."""

from __future__ import annotations

import heapq
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from deep_photo_enhancer.archive.listing import s3_pages
from deep_photo_enhancer.archive.places import Place
from deep_photo_enhancer.errors import ArchiveError

HOME = ".dpe-archive"
"""The folder below the target for all that is no photo."""
RECORDS = f"{HOME}/records"
Status = Literal["enhanced", "skipped", "failed"]
"""skipped: the output was there, whole, of these settings, and not older than the photo."""
AHEAD = 8
"""Records that are fetched at the same time, before they are needed."""
_NO_UNICODE = {0xDC80 + byte: 0xEF80 + byte for byte in range(128)}
"""Bytes of file names that are no UTF-8, as Python has them, and the letters for private use that stand for them in Parquet."""
_BACK = {letter: byte for byte, letter in _NO_UNICODE.items()}
_NAME = re.compile(r"(\d{4})/(\d{9})\.parquet")


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one photo."""

    source: str
    """Its path below the source's root."""
    version: str
    """The source's etag, or size and time."""
    target: str
    """The output's path below the target's root; empty where there is none."""
    settings: str
    """Digest of what was wanted."""
    status: Status
    bytes_in: int = 0
    bytes_out: int = 0
    width: int = 0
    height: int = 0
    milliseconds: int = 0
    """From the first byte to the last, transfers among them."""
    warnings: tuple[str, ...] = ()
    error: str | None = None
    tries: int = 1
    """How often it was begun in this run."""
    again: bool = False
    """Whether it failed by the way to it or from it, so that the next run tries it again."""


def to_parquet(rows: Iterable[Row]) -> bytes:
    """The file of a part."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {int: pa.int64(), bool: pa.bool_(), tuple: pa.list_(pa.string())}
    example = Row("", "", "", "", "enhanced")
    schema = pa.schema([(field.name, kinds.get(type(getattr(example, field.name)), pa.string())) for field in fields(Row)])
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([_to_unicode(row) for row in rows], schema), buffer, compression="zstd")
    return buffer.getvalue()


def _to_unicode(row: Row) -> dict[str, Any]:
    values = asdict(row)
    for name in ("source", "target", "error"):
        values[name] = values[name] and values[name].translate(_NO_UNICODE)
    return values | {"warnings": [warning.translate(_NO_UNICODE) for warning in row.warnings]}


def _from_unicode(values: dict[str, Any]) -> Row:
    for name in ("source", "target"):
        if not values[name].isascii():
            values[name] = values[name].translate(_BACK)
    return Row(**(values | {"warnings": tuple(values["warnings"])}))


def from_parquet(content: bytes) -> list[Row]:
    """The rows of a part's file."""
    import pyarrow.parquet as pq

    found: list[dict[str, Any]] = pq.read_table(io.BytesIO(content)).to_pylist()
    return [_from_unicode(values) for values in found]


class Records:
    """The records of all runs into one target."""

    def __init__(self, target: Place) -> None:
        self._target = target

    def next_run(self) -> int:
        """The number of a new run, from 1."""
        return max((run for run, _ in self._names()), default=0) + 1

    def write(self, run: int, part: int, rows: Sequence[Row]) -> None:
        """Write, or replace, the record of a part; parts are numbered in the order of the listing."""
        self._target.write(f"{RECORDS}/{run:04d}/{part:09d}.parquet", to_parquet(rows))

    def rows(self, order: Callable[[str], Any]) -> Iterator[Row]:
        """The newest row of each photo, in the order of the listing, read as they are asked for.

        order: that of the listing. ArchiveError for a record that cannot be read.
        """
        runs: dict[int, list[int]] = {}
        for run, part in self._names():
            runs.setdefault(run, []).append(part)
        with ThreadPoolExecutor(AHEAD) as pool:
            streams = [
                ((order(row.source), run, row) for row in self._rows(pool, run, parts)) for run, parts in sorted(runs.items())
            ]
            newest: Row | None = None
            for _, _, row in heapq.merge(*streams, key=lambda found: found[:2]):
                if newest is not None and newest.source != row.source:
                    yield newest
                newest = row
            if newest is not None:
                yield newest

    def _rows(self, pool: ThreadPoolExecutor, run: int, parts: list[int]) -> Iterator[Row]:
        waiting: deque[Future[list[Row]]] = deque()
        for part in sorted(parts):
            waiting.append(pool.submit(self._read, f"{RECORDS}/{run:04d}/{part:09d}.parquet"))
            if len(waiting) > AHEAD:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()

    def _read(self, key: str) -> list[Row]:
        content = self._target.read(key)
        try:
            return [] if content is None else from_parquet(content)
        except (OSError, ValueError, TypeError, KeyError) as error:  # pyarrow's errors are among these
            raise ArchiveError(
                f"{self._target.url(key)}: is damaged or of another version; remove it, and its photos are made again"
            ) from error

    def _names(self) -> Iterator[tuple[int, int]]:
        """Runs and parts of which there are records."""
        for name in _names(self._target):
            match = _NAME.search(name)
            if match is not None:
                yield int(match[1]), int(match[2])


def _names(target: Place) -> Iterator[str]:
    if target.folder is not None:
        yield from (path.as_posix() for path in (target.folder / RECORDS).glob("*/*.parquet"))
    elif target.protocol in ("s3", "s3a"):
        yield from (found["Key"] for page in s3_pages(target, RECORDS) for found in page)
    else:
        try:
            yield from target.ask(lambda: target.store.find(target.path(RECORDS)), RECORDS)
        except FileNotFoundError:
            return
