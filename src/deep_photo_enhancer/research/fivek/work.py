"""Makes one prepared photo, or takes it over from an earlier run."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyvips

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.research.fivek.looks import measure_look
from deep_photo_enhancer.research.fivek.manifest import Entry
from deep_photo_enhancer.research.fivek.problems import Problem
from deep_photo_enhancer.research.fivek.source import RAW_PROFILE, UNREADABLE, Header, file_sha256, load_pixels
from deep_photo_enhancer.research.fivek.splits import Task
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.version import __version__

RECORDS = ".records"
"""Folder beside the photos, with a file for each: what it was made of."""


def make_photo(task: Task, size: tuple[int, int], header: Header | None, folder: Path) -> Entry | Problem:
    """The prepared photo below the folder, made of its source unless that was done before; or what is wrong with the source.

    DataError when the folder cannot be written to.
    """
    try:
        made_of = _facts(task, size)
        earlier = _earlier(task, made_of, folder)
        if earlier is not None:
            return earlier
        source_sha256 = file_sha256(task.source)
        pixels = load_pixels(task, size)
    except OSError:
        return Problem(UNREADABLE, str(task.source))
    except ValueError as error:
        return Problem(str(error), str(task.source))
    try:
        return _store(task, pixels, header, source_sha256, made_of, folder)
    except OSError as error:
        raise DataError(f"{folder}: cannot write there: {error.strerror or error}; choose another folder") from error


def _facts(task: Task, size: tuple[int, int]) -> dict[str, Any]:
    """All that the prepared photo depends on."""
    status = task.source.stat()
    return {
        "source": str(task.source.resolve()),
        "bytes": status.st_size,
        "modified": status.st_mtime_ns,
        "size": [*size],
        "made_by": [__version__, *(pyvips.version(part) for part in range(3))],
        "split": task.split,
    }


def _record(task: Task, folder: Path) -> Path:
    return folder / RECORDS / f"{task.file}.json"


def _earlier(task: Task, made_of: dict[str, Any], folder: Path) -> Entry | None:
    try:
        record = json.loads(_record(task, folder).read_text(encoding="utf-8"))
        entry = Entry(**record["entry"])
        return entry if record["made_of"] == made_of and file_sha256(folder / task.file) == entry.sha256 else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _store(task: Task, pixels: Pixels, header: Header | None, source_sha256: str, made_of: dict[str, Any], folder: Path) -> Entry:
    place = folder / task.file
    with atomic_write(place) as unfinished:
        unfinished.write_bytes(vips_image(pixels).pngsave_buffer(keep="none"))
    entry = Entry(
        file=task.file,
        number=task.number,
        role=task.role,
        split=task.split,
        width=pixels.shape[1],
        height=pixels.shape[0],
        sha256=file_sha256(place),
        source=task.name,
        source_sha256=source_sha256,
        source_bytes=made_of["bytes"],
        source_profile=RAW_PROFILE if header is None else header.profile,
        source_bits=16 if header is None else header.bits,
        look=measure_look(pixels),
    )
    with atomic_write(_record(task, folder)) as unfinished:
        unfinished.write_text(json.dumps({"made_of": made_of, "entry": asdict(entry)}), encoding="utf-8")
    return entry
