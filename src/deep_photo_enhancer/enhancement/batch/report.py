"""The report of a run as JSON, written photo by photo."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from deep_photo_enhancer.enhancement.batch.job import Outcome
from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.system.files import atomic_write


class Report:
    """A file with an object: what holds for the whole run, "photos" with an entry for each, and what the end brings.

    PhotoError when it cannot be written.
    """

    def __init__(self, name: str, file: TextIO, run: Mapping[str, Any]) -> None:
        """name: what messages call the file."""
        self._name, self._file = name, file
        self._is_first = True
        self._write("{\n" + "".join(f"  {json.dumps(name)}: {json.dumps(value)},\n" for name, value in run.items()))
        self._write('  "photos": [')

    def add(self, outcome: Outcome) -> None:
        """The entry of one photo."""
        self._write(("\n    " if self._is_first else ",\n    ") + json.dumps(entry(outcome)))
        self._is_first = False

    def end(self, summary: Mapping[str, Any]) -> None:
        """What is known at the end."""
        self._write("\n  ]" + "".join(f",\n  {json.dumps(name)}: {json.dumps(value)}" for name, value in summary.items()))
        self._write("\n}\n")

    def _write(self, text: str) -> None:
        try:
            self._file.write(text)
        except OSError as error:
            raise _report_error(self._name, error) from error

    @classmethod
    @contextmanager
    def write(cls, path: Path, run: Mapping[str, Any]) -> Iterator[Report]:
        """A report that takes its name when the block ends well. The block's own errors pass as they are."""
        of_the_block: OSError | None = None
        try:
            with atomic_write(path) as unfinished, unfinished.open("w", encoding="utf-8") as file:
                try:
                    yield cls(str(path), file, run)
                except OSError as error:
                    of_the_block = error
                    raise
        except OSError as error:
            if error is of_the_block:
                raise
            raise _report_error(str(path), error) from error


def entry(outcome: Outcome) -> dict[str, Any]:
    """One photo as it stands in the report: names, bytes, pixels, seconds, and what became of it."""
    job = outcome.job
    width, height = outcome.size or (None, None)
    return {
        "input": str(job.source),
        "output": str(job.output) if outcome.status in ("enhanced", "skipped") else None,
        "status": outcome.status,
        "input_bytes": _bytes(job.source),
        "output_bytes": _bytes(job.output) if outcome.status in ("enhanced", "skipped") else None,
        "width": width,
        "height": height,
        "seconds": round(outcome.seconds, 3),
        "warnings": list(outcome.warnings),
        "error": outcome.error,
    }


def _report_error(name: str, error: OSError) -> PhotoError:
    return PhotoError(f"{name}: cannot write the report: {error.strerror}; choose another file")


def _bytes(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
