"""Writing photos in all formats that can be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyvips

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo.codecs import codec
from deep_photo_enhancer.photo.formats import FORMATS, JPEG, SAVERS
from deep_photo_enhancer.photo.metadata import Metadata, adapt_metadata, embed
from deep_photo_enhancer.photo.picture import Picture, SaveOptions
from deep_photo_enhancer.system.files import atomic_write, temporary_file
from deep_photo_enhancer.system.forks import keep_threads

_MORE = 1 << 20
"""Bytes by which a file that could not be written is made longer, to learn why."""


def save_photo(photo: Picture, path: Path, options: SaveOptions) -> tuple[str, ...]:
    """See `Photo.save`."""
    keep_threads()
    kind, name = _format(path.suffix, str(path)), str(path)
    check_sides(photo.size, path.suffix, name)
    with _one_sentence(name), atomic_write(path) as unfinished:
        return _write(photo, kind, options, unfinished, name)


def photo_bytes(photo: Picture, suffix: str, options: SaveOptions) -> tuple[bytes, tuple[str, ...]]:
    """The file of `Photo.to_bytes`, and what the format could not take, one sentence each."""
    keep_threads()
    kind, name = _format(suffix, "the photo"), f"the photo as {suffix}"
    check_sides(photo.size, suffix, name)
    with _one_sentence(name), temporary_file() as file:
        lost = _write(photo, kind, options, file, name)
        return file.read_bytes(), lost


def check_sides(size: tuple[int, int], suffix: str, name: str) -> None:
    """PhotoError when a side is longer than the format of a suffix holds; to be asked before the work on the photo."""
    kind = _format(suffix, name)
    longest = FORMATS[kind].longest
    if longest is not None and max(size) > longest:
        others = "JPEG, PNG or TIFF" if max(size) <= (FORMATS[JPEG].longest or 0) else "PNG or TIFF"
        sides = f"{size[0]} x {size[1]} pixels"
        raise PhotoError(f"{name}: {sides} do not fit into {kind}, which holds {longest} a side; write {others}")


def _write(photo: Picture, kind: str, options: SaveOptions, file: Path, name: str) -> tuple[str, ...]:
    try:
        lost = codec(kind).encode(photo, options, file, name)
    except pyvips.Error as error:  # its words may be those of another thread's photo
        _write_more(file)
        raise PhotoError(f"{name}: cannot write this photo as {kind}; choose another format") from error
    kept, left_out = Metadata(), tuple[str, ...]()
    if options.metadata != "none":
        kept, left_out = adapt_metadata(photo.metadata, *photo.size, options.metadata)
    return (*lost, *left_out, *embed(file, kept, photo.resolution))


def _write_more(file: Path) -> None:
    """OSError where nothing more can be written there, as on a full disk."""
    with file.open("ab") as unfinished:
        unfinished.write(bytes(_MORE))


def _format(suffix: str, name: str) -> str:
    if suffix.lower() not in SAVERS:
        raise PhotoError(f"{name}: cannot write {suffix or 'a file without suffix'}; use one of {', '.join(SAVERS)}")
    return SAVERS[suffix.lower()]


@contextmanager
def _one_sentence(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PhotoError(f"{name}: cannot write there: {error.strerror or error}; choose another output folder") from error
    except (ValueError, RuntimeError) as error:
        raise PhotoError(f"{name}: cannot write this file: {' '.join(str(error).split())}") from error
