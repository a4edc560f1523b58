"""Where a photo is read from: a file, or bytes that came through a pipe."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

import pyvips

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo.containers.bytes import Data, map_file
from deep_photo_enhancer.photo.containers.detect import HEAD
from deep_photo_enhancer.photo.metadata import read_orientation

PhotoFile: TypeAlias = "str | os.PathLike[str] | bytes | BinaryIO"
"""A path, the bytes of a file, or a file that is open in binary mode and is read from where it stands."""


@dataclass(frozen=True)
class PhotoSource:
    """A file or bytes, and what to call them in messages."""

    name: str
    path: Path | None
    data: bytes | None = None
    max_pixels: int = 0

    @staticmethod
    def of(photo: PhotoFile, name: str | None, max_pixels: int) -> PhotoSource:
        """PhotoError for what is no file with something in it, TypeError for what is none at all."""
        if not isinstance(photo, str | os.PathLike):
            content, name = _content(photo), name or _name(photo)
            source = PhotoSource(name, None, content, max_pixels)
            if not content:
                raise source.refusal("there is nothing in it; send a photo")
            return source
        source = PhotoSource(name or str(photo), Path(photo), None, max_pixels)
        _check_file(source, Path(photo))
        return source

    @property
    def suffix(self) -> str:
        return "" if self.path is None else self.path.suffix.lower()

    @property
    def head(self) -> bytes:
        """The first bytes, for telling the format."""
        with self.open() as file:
            return file.read(HEAD)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data) if self.path is None else self.path.open("rb")  # type: ignore[arg-type]

    @property
    def orientation(self) -> int:
        """How the pixels have to be turned, 1 to 8 as in EXIF, once they are decoded."""
        with self.content() as data:
            return read_orientation(data)

    def everything(self) -> bytes:
        """The whole content, for libraries that cannot do with less."""
        with self.open() as file:
            return file.read()

    @contextmanager
    def content(self) -> Iterator[Data]:
        """All its bytes, a file's as a map that takes no memory."""
        if self.data is not None:
            yield self.data
            return
        with self.open() as file, map_file(file) as data:
            yield data

    def vips(self) -> pyvips.Source:
        """libvips would read "[...]" at the end of a file's name as options; a source takes any name."""
        if self.path is None:
            return pyvips.Source.new_from_memory(self.data)
        return pyvips.Source.new_from_file(os.fsencode(self.path))

    def refusal(self, reason: str) -> PhotoError:
        """The error that says why this photo is not read."""
        return PhotoError(f"{self.name}: {reason}")

    def damage(self, reason: object) -> PhotoError:
        """The error for a file that a decoder could not read."""
        text = " ".join(str(reason).split()) or type(reason).__name__
        return self.refusal(f"damaged, or not a photo in a form that is known ({text}); replace it, or save it again")

    def check_size(self, width: int, height: int) -> None:
        """PhotoError when these are more pixels than the limit; to be asked before their memory is taken."""
        if width * height > self.max_pixels:
            limit = f"{self.max_pixels / 1e6:g} megapixels"
            raise self.refusal(f"says that it has {width} x {height} pixels, more than the limit of {limit}; scale it down first")


def _content(photo: bytes | BinaryIO) -> bytes:
    content = photo.read() if hasattr(photo, "read") else photo
    if isinstance(content, str):
        raise TypeError(f"{_name(photo)}: is open as text; open it with the mode 'rb'")
    if not isinstance(content, bytes):
        raise TypeError(f"a path, bytes or a file that is open in binary mode can be read, not {type(photo).__name__}")
    return content


def _name(photo: bytes | BinaryIO) -> str:
    """Of an open file that has one."""
    name = getattr(photo, "name", None)
    return name if isinstance(name, str) else "the photo"


def _check_file(source: PhotoSource, path: Path) -> None:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise source.refusal("no such file; check the name") from error
    except (OSError, ValueError) as error:
        raise source.refusal(f"cannot read this file: {getattr(error, 'strerror', None) or error}; check the name") from error
    if stat.S_ISDIR(status.st_mode):
        raise source.refusal("is a folder; name a photo")
    if not stat.S_ISREG(status.st_mode):
        raise source.refusal("is a pipe or a device and not a file; copy the photo into a file")
    if status.st_size == 0:
        raise source.refusal("the file is empty; copy it again from its source")
