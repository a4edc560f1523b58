"""What a worker does with a part: fetch, enhance, publish, photo by photo."""

from __future__ import annotations

import faulthandler
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from threading import Event

import pyvips

from deep_photo_enhancer.archive.naming import Item
from deep_photo_enhancer.archive.places import Place, Stamp
from deep_photo_enhancer.archive.records import Row, Status
from deep_photo_enhancer.archive.settings import Settings
from deep_photo_enhancer.enhancement.batch import Job, Outcome, Records, run_job
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.errors import ArchiveError
from deep_photo_enhancer.photo.metadata import find_record
from deep_photo_enhancer.photo.metadata.record import ENDS
from deep_photo_enhancer.system.files import atomic_write, is_alive, process_space, remove_leftovers, shorten
from deep_photo_enhancer.system.text import one_line

REPORT = 1.0
"""Seconds after which a worker reports what it has done."""
FORGOTTEN = 86400.0
"""Seconds after which the folder of a photo at work that a process of another container made belongs to nobody."""
_SCRATCH = "dpe-archive-photo-"
"""How the names of folders for a photo at work begin; what numbers its process and its number follow."""
_NEVER = Event()


@dataclass(frozen=True)
class Task:
    """What every worker has to know."""

    source: Place
    target: Place
    settings: Settings
    digest: str
    """Of the settings, for the records."""
    device: str = "cpu"
    seconds: float = 600.0
    """After which a worker that is still at one photo is ended."""
    replace_unknown: bool = False
    """Whether outputs that are there without a record may have been made with other settings."""


def work(task: Task, model: bytes | None, items: Sequence[Item]) -> Iterator[list[Row]]:
    """Enhance the photos of a part in their order; what became of them comes about every second, and nothing at the start.

    A photo that takes too long ends the process: nothing else ends a decoder that hangs. The process's output names each photo
    as it begins.
    """
    remove_scratch()
    enhancer = load_enhancer(task.settings, model, task.device)
    rows: list[Row] = []
    last = time.monotonic()
    folder = ""
    yield []
    try:
        for item in items:
            if task.target.folder is not None and item.output.rpartition("/")[0] != folder:
                folder = item.output.rpartition("/")[0]
                remove_leftovers(task.target.folder / folder)
            print(one_line(task.source.url(item.key)), flush=True)
            faulthandler.dump_traceback_later(task.seconds, exit=True, file=2)
            rows.append(make(item, task, enhancer))
            faulthandler.cancel_dump_traceback_later()
            if time.monotonic() - last > REPORT:
                yield rows
                rows, last = [], time.monotonic()
    finally:
        faulthandler.cancel_dump_traceback_later()
    yield rows


def make(item: Item, task: Task, enhancer: Enhancer) -> Row:
    """Enhance one photo, and say what became of it. Errors of the photo, and of the way to it, end in the row."""
    start = time.perf_counter()
    row = Row(item.key, item.stamp.version, "", task.digest, "failed", bytes_in=item.stamp.size, error=item.problem)
    if item.problem is None:
        with tempfile.TemporaryDirectory(prefix=f"{_SCRATCH}{_space()}-{os.getpid()}-") as scratch:
            try:
                row = _make(item, task, enhancer, Path(scratch), row)
            except ArchiveError as error:
                row = replace(row, error=str(error), again=True)
            except OSError as error:  # of the scratch folder
                sentence = f"{task.source.url(item.key)}: cannot be copied to {scratch}: {error.strerror}; make room there"
                row = replace(row, error=sentence, again=True)
    return replace(row, milliseconds=round(1000 * (time.perf_counter() - start)))


def _make(item: Item, task: Task, enhancer: Enhancer, scratch: Path, row: Row) -> Row:
    source, target = task.source, task.target
    may_keep = not (item.replace or task.replace_unknown)
    options = replace(task.settings.job_options, existing="update" if may_keep else "overwrite")
    records = Records.of(enhancer, options)
    if target.folder is None and may_keep:
        there = _made_before(item, target, records)
        if there is not None:
            return replace(row, status="skipped", target=item.output, bytes_out=there.size)
    photo = source.folder / item.key if source.folder is not None else _scratch_file(scratch / "in", item.key)
    if source.folder is None:
        stamp = source.fetch(item.key, photo)
        row = replace(row, version=stamp.version, bytes_in=stamp.size)
    output = target.folder / item.output if target.folder is not None else _scratch_file(scratch / "out", item.output)
    outcome = run_job(Job(photo, output, shared_name=item.shared_name), enhancer, options, _NEVER, records)
    names = {str(photo): source.url(item.key), str(output): target.url(item.output)}
    if outcome.status != "failed" and target.folder is None:
        target.publish(output, item.output)
    return _fill(row, outcome, names, item.output, output)


def _made_before(item: Item, target: Place, records: Records) -> Stamp | None:
    """The output in a store, if it is not older than its photo, and its record, if it has one, tells of the same settings."""
    there = target.stamp(item.output)
    if there is None or there.modified < item.stamp.modified or item.shared_name:
        return None
    head = target.read(item.output, 0, min(there.size, ENDS)) or b""
    tail = target.read(item.output, max(0, there.size - ENDS), there.size) or b""
    record = find_record(head) or find_record(tail)
    return there if record is None or records.compare(record) == "same" else None


def _fill(row: Row, outcome: Outcome, names: dict[str, str], target: str, output: Path) -> Row:
    width, height = outcome.size or (0, 0)
    warnings = tuple(_rename(warning, names) for warning in outcome.warnings)
    row = replace(row, warnings=warnings, width=width, height=height)
    if outcome.status == "failed":
        return replace(row, error=_rename(outcome.error or "", names))
    status: Status = "skipped" if outcome.status == "skipped" else "enhanced"
    size = 0
    with suppress(OSError):
        size = output.stat().st_size
    return replace(row, status=status, target=target, bytes_out=size, error=None)


def _rename(text: str, names: dict[str, str]) -> str:
    for name, url in names.items():
        text = text.replace(name, url)
    return text


def _scratch_file(folder: Path, key: str) -> Path:
    """Where a file of a store lies while it is worked on: under its own name, which messages and records show."""
    folder.mkdir()
    stem, suffix = os.path.splitext(key.rpartition("/")[2])  # noqa: PTH122 (no path)
    return folder / shorten(stem, suffix)


def remove_scratch() -> None:
    """Remove what photos at work have left in the temporary folder where their processes were killed.

    Containers may share that folder: whether another one's process lives cannot be seen from here.
    """
    if os.name != "posix":
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*-*-*"):
        if _is_left(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    space, process, _ = folder.name.removeprefix(_SCRATCH).split("-", 2)
    if space == _space():
        return process.isdigit() and not is_alive(int(process))
    try:
        return time.time() - folder.stat().st_mtime > FORGOTTEN
    except OSError:  # another process has removed it
        return False


def _space() -> str:
    return hashlib.sha256(process_space().encode()).hexdigest()[:8]


def load_enhancer(settings: Settings, model: bytes | None, device: str) -> Enhancer:
    """One for the whole process, with one thread."""
    pyvips.concurrency_set(1)
    return _load("" if model is None else str(_model_file(settings.model, model)), settings.method, device)


@lru_cache(maxsize=1)
def _load(model: str, method: str, device: str) -> Enhancer:
    return Enhancer(model, device, 1, method)


def _model_file(name: str, model: bytes) -> Path:
    """The driver's model on this machine, for this process and those that come after it."""
    folder = Path(tempfile.gettempdir()) / f"dpe-archive-model-{hashlib.sha256(model).hexdigest()[:16]}"
    path = folder / f"{Path(name).stem}.onnx"
    if not path.is_file() or path.read_bytes() != model:
        with atomic_write(path) as unfinished:
            unfinished.write_bytes(model)
    return path
