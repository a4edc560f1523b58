"""Files that appear under their names when they are complete, and not before."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISBLK, S_ISDIR, S_ISFIFO, S_ISREG, S_ISSOCK
from typing import BinaryIO

MARK = ".deep-photo-enhancer.part"
"""How the names of unfinished files end."""
LONGEST_NAME = 255
"""Bytes of a name that file systems take."""
STALE = 3600.0
"""Seconds without a change after which an unfinished file belongs to no run."""

PATIENCE = 2.0
"""Seconds that a pipe waits for somebody to read it."""

_UNFINISHED_NAME = re.compile(r"\..*-(\d{1,10})-[0-9a-f]{8}" + re.escape(MARK), re.DOTALL)
"""With the number of the process."""
_UNFINISHED: set[Path] = set()
"""The temporary files that this process writes to just now."""


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A file to write to; its content is in `path` when the block ends well, and nowhere when it does not.

    A file takes its name in one step; a symbolic link stays, and the file that it leads to is written. Into what cannot be
    replaced (see `is_stream`) the content goes when it is complete. Folders that are missing are made. OSError when something
    there cannot be written, or is a folder, a disk, a socket or a pipe that nobody reads.
    """
    if is_stream(path):
        _refuse_kinds(path)
        with _open_stream(path) as stream, temporary_file() as unfinished:
            yield unfinished
            with unfinished.open("rb") as content:
                shutil.copyfileobj(content, stream)
            if "+" in stream.mode:
                stream.truncate()
        return
    target = realpath(path)
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    _refuse_kinds(target)
    unfinished = _create_beside(target)
    _UNFINISHED.add(unfinished)
    try:
        yield unfinished
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
        _UNFINISHED.discard(unfinished)


def is_stream(path: Path) -> bool:
    """Whether a path leads to a device, a pipe, or a file that a process has open, such as /dev/stdout."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (S_ISREG(mode) or S_ISDIR(mode)) or _is_open_file(path)


def is_standard_output(path: Path) -> bool:
    """Whether a path, such as /dev/stdout, stands for this process's own standard output."""
    return _own_stream(path) == 1


@contextmanager
def temporary_file() -> Iterator[Path]:
    """An empty file for the time of the block: in the temporary folder, or in memory where none can be written to (Linux)."""
    try:
        number, name = tempfile.mkstemp()
    except OSError:
        if not hasattr(os, "memfd_create"):
            raise
        number = os.memfd_create("temporary")
        try:
            yield Path(f"/proc/self/fd/{number}")
        finally:
            os.close(number)
        return
    os.close(number)
    path = Path(name)
    _UNFINISHED.add(path)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        _UNFINISHED.discard(path)


def remove_unfinished_files() -> None:
    """Remove the temporary files of all threads; for a process that ends without waiting for them."""
    for path in list(_UNFINISHED):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes left in a folder: files named by `atomic_write` that nobody has written to for an hour."""
    try:
        with os.scandir(folder) as entries:
            left = [(entry, match) for entry in entries if (match := _UNFINISHED_NAME.fullmatch(entry.name))]
        for entry, match in left:
            found = entry.stat(follow_symlinks=False)
            if S_ISREG(found.st_mode) and time.time() - found.st_mtime > STALE and not is_alive(int(match[1])):
                Path(entry.path).unlink(missing_ok=True)
    except OSError:  # the folder does not exist yet, or may not be changed: then writing to it says so
        return


def realpath(path: Path) -> Path:
    """Absolute and free of links; unlike Path.resolve, without an error where links go in a circle."""
    return Path(os.path.realpath(path))


def shorten(stem: str, ending: str, longest: int = LONGEST_NAME) -> str:
    """A name that ends so and has `longest` bytes at most.

    Where the stem must be cut, which is done between two letters, a sum of the whole one tells it from others like it.
    """
    if len(os.fsencode(stem + ending)) <= longest:
        return stem + ending
    ending = cut_mark(stem) + ending
    while stem and len(os.fsencode(stem + ending)) > longest:
        stem = stem[:-1]
    return stem + ending


def cut_mark(stem: str) -> str:
    """What stands in a name after the part of this stem that `shorten` left."""
    return f"~{zlib.crc32(os.fsencode(stem)):08x}"


def _create_beside(target: Path) -> Path:
    while True:
        ending = f"-{os.getpid()}-{secrets.token_hex(4)}{MARK}"
        path = target.with_name(shorten(f".{target.stem}", ending, 120))
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
            return path


def _refuse_kinds(path: Path) -> None:
    """OSError for what is neither a file nor a stream that bytes may go into."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if S_ISBLK(mode) or S_ISSOCK(mode):
        raise OSError(errno.EINVAL, f"Is a {'disk' if S_ISBLK(mode) else 'socket'}", str(path))


def _is_open_file(path: Path) -> bool:
    for _ in range(40):  # as many links as Linux follows
        if not path.is_symlink():
            return False
        folder = realpath(path.parent)
        if folder == Path("/dev/fd") or folder.parts[:2] == ("/", "proc"):
            return True
        path = folder / path.readlink()
    return False


def _own_stream(path: Path) -> int | None:
    """1 or 2 for a name of this process's standard output or standard error."""
    if not _is_open_file(path):
        return None
    for number in (1, 2):
        with suppress(OSError):
            if os.path.samestat(path.stat(), os.fstat(number)):
                return number
    return None


def _open_stream(path: Path) -> BinaryIO:
    """The process's own streams go on after what is in them already; a pipe that nobody reads would wait for ever."""
    own = _own_stream(path)
    if own is not None:
        sys.stdout.flush()
        return os.fdopen(os.dup(own), "wb")
    mode = path.stat().st_mode
    if not S_ISFIFO(mode):
        return path.open("r+b" if S_ISREG(mode) else "wb")  # a file keeps its content until the new one is complete
    number = _open_pipe(path)
    os.set_blocking(number, True)
    return os.fdopen(number, "wb")


def _open_pipe(path: Path) -> int:
    patience = time.monotonic() + PATIENCE
    while True:
        try:
            return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > patience:
                raise OSError(errno.ENXIO, "No process reads this pipe", str(path)) from error
        time.sleep(0.02)


def process_space() -> str:
    """What numbers of processes belong to: this start of this machine, and the container; empty where the system does not say."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def is_alive(process: int) -> bool:
    """Whether this machine has a process of that number; False where asking would end it (Windows)."""
    if os.name != "posix":  # there an open file cannot be removed
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
