"""Outputs that already exist: whole, and made since their photo changed."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISREG

from deep_photo_enhancer.errors import DPEError
from deep_photo_enhancer.photo import load_photo
from deep_photo_enhancer.photo.containers.bytes import map_file
from deep_photo_enhancer.photo.containers.endings import ends_well


def is_complete(output: Path, source: Path, shared_name: bool = False) -> bool:
    """Whether `output` is a finished picture that is not older than `source`.

    Where photos would share a name, it must also have come after the photo itself: an older one was made of the other photo, when
    that was alone here. (This is judged by the time of the last change of the file's entry, which copying does not preserve.)

    Outputs of this tool appear under their names when they are complete, and not before; files that others put there are caught
    by their ends: one that was cut off has not the end that its format prescribes. Only a few bytes are read; but a JPEG XL
    codestream, which has no such end, is decoded.
    """
    try:
        there, given = output.stat(), source.stat()
        if not S_ISREG(there.st_mode) or os.path.samestat(there, given) or _is_older(there.st_mtime_ns, given.st_mtime_ns):
            return False
        if shared_name and there.st_ctime_ns < given.st_ctime_ns:
            return False
        with output.open("rb") as file, map_file(file) as data:
            whole = ends_well(data)
        return _decodes(output) if whole is None else whole
    except OSError:
        return False


def _decodes(path: Path) -> bool:
    try:
        load_photo(path)
    except DPEError:
        return False
    return True


def _is_older(nanoseconds: int, than: int) -> bool:
    is_coarse = nanoseconds % 10_000_000 == 0  # FAT rounds times down to hundredths or to two seconds
    return nanoseconds + is_coarse * 2_000_000_000 < than
