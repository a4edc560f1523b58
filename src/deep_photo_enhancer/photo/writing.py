"""Writing photos in all formats that can be written."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyvips

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo.codecs import codec
from deep_photo_enhancer.photo.formats import SAVERS
from deep_photo_enhancer.photo.metadata import Metadata, adapt_metadata, embed
from deep_photo_enhancer.photo.picture import Picture, SaveOptions
from deep_photo_enhancer.system.files import atomic_write, temporary_file
from deep_photo_enhancer.system.forks import keep_threads


def save_photo(photo: Picture, path: Path, options: SaveOptions) -> tuple[str, ...]:
    """See `Photo.save`."""
    keep_threads()
    kind, name = _format(path.suffix, str(path)), str(path)
    with _one_sentence(name), atomic_write(path) as unfinished:
        return _write(photo, kind, options, unfinished, name)


def photo_bytes(photo: Picture, suffix: str, options: SaveOptions) -> tuple[bytes, tuple[str, ...]]:
    """The file of `Photo.to_bytes`, and what the format could not take, one sentence each."""
    keep_threads()
    kind, name = _format(suffix, "the photo"), f"the photo as {suffix}"
    with _one_sentence(name), temporary_file() as file:
        lost = _write(photo, kind, options, file, name)
        return file.read_bytes(), lost


def _write(photo: Picture, kind: str, options: SaveOptions, file: Path, name: str) -> tuple[str, ...]:
    lost = codec(kind).encode(photo, options, file, name)
    kept, left_out = Metadata(), tuple[str, ...]()
    if options.metadata != "none":
        kept, left_out = adapt_metadata(photo.metadata, *photo.size, options.metadata)
    return (*lost, *left_out, *embed(file, kept, photo.resolution))


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
    except (pyvips.Error, ValueError, RuntimeError) as error:
        if os.strerror(errno.ENOSPC) in str(error):
            raise PhotoError(
                f"{name}: cannot write there: the disk is full; make room, or choose another output folder"
            ) from error
        if refused := re.search("^system error: (.+)$", str(error), re.MULTILINE):  # as libvips writes it
            raise PhotoError(f"{name}: cannot write there: {refused[1]}; choose another output folder") from error
        raise PhotoError(f"{name}: cannot write this file: {' '.join(str(error).split())}") from error
