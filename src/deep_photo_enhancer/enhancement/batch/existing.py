"""Outputs that already exist: whole, and made since their photo changed."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISREG

from deep_photo_enhancer.enhancement.batch.job import Job
from deep_photo_enhancer.errors import DPEError
from deep_photo_enhancer.photo import load_photo
from deep_photo_enhancer.photo.containers.bytes import map_file
from deep_photo_enhancer.photo.containers.endings import ends_well
from deep_photo_enhancer.photo.metadata import Record, find_record


def is_done(job: Job) -> bool:
    """Whether all that the job would write is there, complete, and not older than the photo."""
    return all(is_complete(path, job.source, job.shared_name) for path in job.written)


def is_complete(output: Path, source: Path, shared_name: bool = False) -> bool:
    """Whether `output` is a finished picture that is not older than `source`.

    Where photos would share a name, it must also have come after the photo itself: an older one was made of the other photo, when
    that was alone here. (This is judged by the time of the last change of the file's entry, which copying does not preserve.)

    Outputs of this tool appear under their names when they are complete, and not before; files that others put there are caught
    by their ends: one that was cut off has not the end that its format prescribes. Only a few bytes are read; but a JPEG XL
    codestream, which has no such end, is decoded.
    """
    return examine(output, source, shared_name)[0]


def examine(output: Path, source: Path, shared_name: bool = False) -> tuple[bool, Record | None]:
    """What `is_complete` says, and the record of the settings that made a complete output, found while it is open."""
    try:
        there, given = output.stat(), source.stat()
        if not S_ISREG(there.st_mode) or os.path.samestat(there, given) or _is_older(there.st_mtime_ns, given.st_mtime_ns):
            return False, None
        if shared_name and there.st_ctime_ns < given.st_ctime_ns:
            return False, None
        with output.open("rb") as file, map_file(file) as data:
            whole, record = ends_well(data), find_record(data)
        return (_decodes(output) if whole is None else whole), record
    except OSError:
        return False, None


def _decodes(path: Path) -> bool:
    try:
        load_photo(path)
    except DPEError:
        return False
    return True


def _is_older(nanoseconds: int, than: int) -> bool:
    is_coarse = nanoseconds % 10_000_000 == 0  # FAT rounds times down to hundredths or to two seconds
    return nanoseconds + is_coarse * 2_000_000_000 < than
