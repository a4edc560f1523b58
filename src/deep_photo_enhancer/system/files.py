"""Files that appear under their names when they are complete, and not before."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_UMASK = os.umask(0)  # it can be read only by setting it, which threads would see
os.umask(_UMASK)
_UNFINISHED: set[Path] = set()
"""The temporary files that this process writes to just now."""


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` to write to; it takes that name when the block ends well, and vanishes when it does not.

    Makes the folders that are missing. OSError when something there cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:40]}-", suffix=".part")
    os.close(number)
    unfinished = Path(name)
    _UNFINISHED.add(unfinished)
    try:
        yield unfinished
        unfinished.chmod(0o666 & ~_UMASK)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
        _UNFINISHED.discard(unfinished)


def remove_unfinished_files() -> None:
    """Remove the temporary files of all threads; for a process that ends without waiting for them."""
    for path in list(_UNFINISHED):
        with suppress(OSError):
            path.unlink(missing_ok=True)
