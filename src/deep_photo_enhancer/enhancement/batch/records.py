"""Which settings made the outputs that are there, so that a changed wish is honoured.

An output carries its record in its XMP. One that cannot (--strip, XMP in an odd form) has it in the file INDEX of its folder, a
line of JSON for each, which holds as long as the output has the same length and time.
"""

from __future__ import annotations

import io
import json
import os
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

from deep_photo_enhancer.enhancement.batch.existing import examine, is_complete
from deep_photo_enhancer.enhancement.batch.job import Job, JobOptions, State
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.enhancement.models import file_digest
from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import FORMAT_OF_SUFFIX, Photo
from deep_photo_enhancer.photo.containers.bytes import map_file
from deep_photo_enhancer.photo.containers.detect import HEAD
from deep_photo_enhancer.photo.metadata import Record, add_record, find_record
from deep_photo_enhancer.system.files import is_stream
from deep_photo_enhancer.system.text import one_line
from deep_photo_enhancer.version import __version__

INDEX = ".deep-photo-enhancer.jsonl"
WISHES = ("ModelHash", "Method", "Strength", "Light", "Colour", "Quality", "Metadata")
"""What makes an output another one. Not so the version: it is recorded only, and an update makes nothing again."""


class Records:
    """The settings of a run, and what outputs say of theirs. Several threads may use it at the same time."""

    def __init__(self, model: Path | None, method: str, options: JobOptions) -> None:
        """model: its file; None for a method without one."""
        self._settings = {
            "Version": __version__,
            "Model": one_line(model.stem) if model else "",
            "ModelHash": file_digest(model) if model else "",
            "Method": method,
            "Strength": f"{options.strength:g}",
            "Light": f"{options.light:g}",
            "Colour": f"{options.colour:g}",
            "Quality": str(options.save.quality or ""),
            "Metadata": options.save.metadata,
        }
        self._is_stripped = options.save.metadata == "none"
        self._index = _Index()

    @classmethod
    def of(cls, enhancer: Enhancer, options: JobOptions) -> Records:
        """For a run with this enhancer."""
        return cls(enhancer.model.path if enhancer.model else None, enhancer.method, options)

    def record(self, source: str, suffix: str) -> dict[str, str]:
        """What stands in one output, a file of this suffix. source: `source_digest` of its photo."""
        return {**self._settings, "Format": FORMAT_OF_SUFFIX.get(suffix.lower(), ""), "Source": source}

    def state(self, job: Job) -> State:
        """What is there of a job's outputs. PhotoError for something else in their place."""
        is_whole, record = examine(job.output, job.source, job.shared_name)
        record = (record or self._index.find(job.output)) if is_whole else None
        state = "unrecorded" if record is None else self.compare(record)
        comparison = job.comparison
        is_compared = comparison is None or is_complete(comparison, job.source, job.shared_name)
        if not is_whole or (state != "other" and not is_compared):
            self._refuse_others(job)
            return "missing"
        return state

    def compare(self, record: Record) -> State:
        """What a record says: that its output was made with these settings, or with others."""
        return "same" if all(record.get(wish) == self._settings[wish] for wish in WISHES) else "other"

    def _refuse_others(self, job: Job) -> None:
        """PhotoError for a file that has the output's name where the user named none, or in the photo's own folder."""
        may_be_the_users = job.is_beside or job.output.parent == job.source.parent
        if may_be_the_users and job.output.is_file() and not self._is_recorded(job.output):
            raise PhotoError(f"{job.output}: already exists and is no output of dpe; move it, or add --existing overwrite")

    def _is_recorded(self, output: Path) -> bool:
        try:
            return _read(output, self._index) is not None
        except OSError:  # it may not be read
            return False

    def embed(self, photo: Photo, source: str, suffix: str) -> Photo:
        """The photo with its record in its XMP, unless that is to be left out."""
        return photo if self._is_stripped else replace(photo, metadata=add_record(photo.metadata, self.record(source, suffix)))

    def keep(self, job: Job) -> tuple[str, ...]:
        """Record in the folder's file the settings of an output that does not carry them; a warning where that cannot be done."""
        try:
            if not is_stream(job.output) and not self._are_in(_embedded(job.output)):
                self._index.add(job.output, self.record(source_digest(job.source), job.output.suffix))
        except OSError as error:
            return (f"its settings cannot be recorded in {job.output.parent / INDEX}: {error.strerror}",)
        return ()

    def _are_in(self, record: Record | None) -> bool:
        return record is not None and self._settings.items() <= record.items()


def is_made_of(output: Path, photo: Path) -> bool:
    """Whether a file is an output that was made of this photo. OSError when it cannot be read."""
    record = _read(output, _Index()) if output.is_file() else None
    return record is not None and record.get("Source") == source_digest(photo)


def source_digest(photo: Path | bytes) -> str:
    """Tells a photo's file from others, by its length and the sum of its first bytes; empty for one that has gone."""
    try:
        with io.BytesIO(photo) if isinstance(photo, bytes) else photo.open("rb") as file:
            head = file.read(HEAD)
            return f"{zlib.crc32(head):08x}-{file.seek(0, os.SEEK_END)}"
    except OSError:
        return ""


def _read(output: Path, index: _Index) -> Record | None:
    return _embedded(output) or index.find(output)


def _embedded(output: Path) -> Record | None:
    with output.open("rb") as file, map_file(file) as data:
        return find_record(data)


@dataclass(frozen=True)
class _Entry:
    stamp: tuple[int, int]
    """The output's length in bytes, and the time of its last change in nanoseconds."""
    record: Record


class _Index:
    """The files INDEX of all folders, each read when it is first asked for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._folders: dict[Path, dict[str, _Entry]] = {}

    def find(self, output: Path) -> Record | None:
        with self._lock:
            entry = self._entries(output.parent).get(output.name)
        return entry.record if entry is not None and entry.stamp == _stamp(output) else None

    def add(self, output: Path, record: Record) -> None:
        stamp = _stamp(output)
        line = json.dumps({"name": output.name, "stamp": stamp, "record": record})
        with self._lock:
            self._entries(output.parent)[output.name] = _Entry(stamp, record)
            with (output.parent / INDEX).open("a", encoding="ascii") as file:
                file.write(f"{line}\n")

    def _entries(self, folder: Path) -> dict[str, _Entry]:
        if folder not in self._folders:
            self._folders[folder] = _load(folder / INDEX)
        return self._folders[folder]


def _load(path: Path) -> dict[str, _Entry]:
    """Lines that cannot be read, as that of a run that was killed, are left out."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    return dict(entry for line in lines if (entry := _parse(line)) is not None)


def _parse(line: str) -> tuple[str, _Entry] | None:
    try:
        entry: Any = json.loads(line)
        size, time = entry["stamp"]
        return entry["name"], _Entry((size, time), dict(entry["record"]))
    except (ValueError, TypeError, KeyError):
        return None


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
