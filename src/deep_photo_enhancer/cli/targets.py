"""What options name to be written to: nothing that is a user's is lost there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deep_photo_enhancer.cli.shared import CommandLineError
from deep_photo_enhancer.photo import PHOTO_SUFFIXES
from deep_photo_enhancer.system.files import is_stream, realpath
from deep_photo_enhancer.system.text import one_line

STREAM = Path("-")
"""Stands for standard input and standard output."""
_SEEN = 65_536
"""Bytes at each end of a file that are looked at."""


@dataclass(frozen=True)
class Kind:
    """Files that a command writes, and replaces when it runs again."""

    name: str
    """With its article."""
    pattern: bytes
    """A regular expression that the first or the last bytes of each such file hold, and others do not."""

    is_picture: bool = False
    """Whether its file has the name of a photo."""

    def is_own(self, path: Path) -> bool:
        """Whether a file is one of these, or empty. OSError when it cannot be read."""
        size = path.stat().st_size
        with path.open("rb") as file:
            ends = file.read(_SEEN)
            file.seek(max(0, size - _SEEN))
            ends += file.read()
        return size == 0 or re.search(self.pattern, ends, re.DOTALL) is not None


REPORT = Kind("a report of dpe enhance", rb'\A\{\n  "version": [^\n]*\n.{,2000}  "strength": .{,1000}  "photos": \[')
FIGURES = Kind("a file of dpe bench's figures", rb'\A\{\n  "machine": \{.{,4000}"compiled kernel": ')
SHEET = Kind("a page of dpe compare", rb"<title>A photo in several looks</title>")
SHEET_PICTURE = Kind("a picture of dpe compare", rb"\A\x89PNG.{,200}dpe compare", is_picture=True)
MODEL = Kind("a model of this tool", rb"deep_photo_enhancer.{,9}\{")
EVALUATION = {
    "results.csv": Kind("an evaluation's", rb"\Aphoto,system,psnr"),
    "results.json": Kind("an evaluation's", rb'\A\{.{,200}"photos": .*"metrics": '),
    "table.md": Kind("an evaluation's", rb"\A\| system +\| +photos "),
    "report.html": Kind("an evaluation's", rb"<title>Evaluation of photo enhancement</title>"),
}
ARCHIVE = {
    "report.html": Kind("an archive's", rb"<title>Archive of enhanced photos</title>"),
    "failures.csv": Kind("an archive's", rb"\Asource,tries,error\n"),
}
STUDY = {
    "report.md": Kind("a study's", rb"\A# Preference study\n"),
    "report.json": Kind("a study's", rb'\A\{\n.*"bradley_terry": '),
    "votes.csv": Kind("a study's", rb"\Aparticipant,photo,winner,loser,"),
}


def check_file(path: Path, kind: Kind, inputs: Iterable[Path] = ()) -> None:
    """CommandLineError for a folder, an input, a photo's name, and a file that exists and is of another kind.

    Standard output (-), devices and pipes may be named: they are written into.
    """
    if path == STREAM or is_stream(path):
        return
    if not kind.is_picture and not PHOTO_SUFFIXES.isdisjoint((path.suffix.lower(), realpath(path).suffix.lower())):
        raise _refusal(path, "has the name of a photo", "choose another name")
    if path.is_dir():
        raise _refusal(path, "is a folder", "name a file")
    if any(_is_same(path, given) for given in inputs):
        raise _refusal(path, "is one of the inputs and would be overwritten", "choose another file")
    if path.exists() and not kind.is_own(path):
        raise _refusal(path, f"already exists and is not {kind.name}", "choose another file")


def check_folder(path: Path, files: Mapping[str, Kind], inputs: Iterable[Path] = ()) -> None:
    """CommandLineError for a folder in which one of the files would replace an input or another kind of file.

    Also for what is no folder, and for a folder that is itself an input.
    """
    if os.path.lexists(path) and not path.is_dir():
        raise _refusal(path, "is not a folder", "name a folder")
    inputs = list(inputs)
    if any(_is_same(path, given) for given in inputs):
        raise _refusal(path, "is one of the inputs", "choose another folder")
    for name, kind in files.items():
        check_file(path / name, kind, inputs)


def _is_same(path: Path, given: Path) -> bool:
    try:
        return path.samefile(given)
    except OSError:  # one of them does not exist
        return False


def _refusal(path: Path, reason: str, remedy: str) -> CommandLineError:
    return CommandLineError(one_line(f"{path}: {reason}; {remedy}"))
