"""Decoding and encoding: one module for each format, loaded when the first photo of it comes."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from deep_photo_enhancer.photo.formats import FORMATS
from deep_photo_enhancer.photo.picture import Header, Picture, SaveOptions
from deep_photo_enhancer.photo.source import PhotoSource


class Codec(Protocol):
    """What each module gives. Errors of pyvips and of the file system may come out of all three."""

    def decode(self, source: PhotoSource) -> Picture:
        """The photo without its metadata. PhotoError when there is none in the file that can be taken whole."""

    def header(self, source: PhotoSource) -> Header:
        """What the file says before its pixels. PhotoError for what `decode` refuses by that."""

    def encode(self, picture: Picture, options: SaveOptions, file: Path, name: str) -> tuple[str, ...]:
        """Write pixels and profile into a file that messages call `name`; returns what the format could not take."""


def codec(name: str) -> Codec:
    """The module of the format of this name."""
    return cast(Codec, import_module(f"{__name__}.{FORMATS[name].codec}"))
