"""A folder that only this user can look into, for photos on their way; it goes with the server, also when that was killed."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO

try:
    import fcntl
except ModuleNotFoundError:  # Windows, where a file that is open cannot be removed
    fcntl = None  # type: ignore[assignment]

PREFIX = "deep-photo-enhancer-web-"
LOCK = "lock"
YOUNG = 60.0
"""Seconds in which another server may still be making its lock."""


class PrivateFolder:
    """A context: the folder is there in the block, and so are those of other servers that run; those of dead ones are removed."""

    def __init__(self) -> None:
        parent = Path(tempfile.gettempdir())
        for folder in parent.glob(f"{PREFIX}*"):
            if _is_dead(folder):
                shutil.rmtree(folder, ignore_errors=True)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        self._lock = _lock(self.path / LOCK)

    def __enter__(self) -> PrivateFolder:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        if self._lock is not None:
            self._lock.close()
        shutil.rmtree(self.path, ignore_errors=True)

    def new(self) -> Path:
        """A new empty folder inside."""
        path = self.path / secrets.token_hex(16)
        path.mkdir(mode=0o700)
        return path


def _lock(path: Path) -> IO[bytes] | None:
    """The file, open and locked for as long as this process lives; None when another one has it."""
    file = path.open("ab")
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
    return file


def _is_dead(folder: Path) -> bool:
    """Whether this user's server that made the folder is no more."""
    with suppress(OSError):
        found = folder.lstat()
        if folder.is_symlink() or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
            return False
        if not (folder / LOCK).exists():
            return time.time() - found.st_mtime > YOUNG
        if fcntl is None:
            (folder / LOCK).unlink()
            return True
        lock = _lock(folder / LOCK)
        if lock is not None:
            lock.close()
            return True
    return False
