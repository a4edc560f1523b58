"""Outputs beside their photos: photo-enhanced.jpg beside photo.jpg, folder-enhanced beside folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from deep_photo_enhancer.enhancement.batch.names import name_key
from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.system.files import cut_mark, realpath, shorten

ENDING = "-enhanced"
_OUTPUT = re.compile(rf"(.+){ENDING}(-\d+)?(\.\w+)?(-compare)?(-\d+)?", re.DOTALL)
"""The stem of an output, or of a comparison, that has its name from here, maybe numbered."""


def folder_beside(folder: Path) -> Path:
    """Where the outputs of a folder go. PhotoError for the root of a file system, which has nothing beside it."""
    named = folder if folder.name not in ("", "..") else realpath(folder)
    if not named.name:
        raise PhotoError(f"{folder}: nothing can stand beside this folder; name an output folder with -o")
    return named.with_name(shorten(named.name, ENDING))


def earlier_outputs(photos: Iterable[str]) -> frozenset[str]:
    """Those of a folder's photos that have the name of another one's output: a-enhanced.jpg where a.jpg or a.heic is there."""
    names = list(photos)
    found = {name: match[1] for name in names if ENDING in name and (match := _OUTPUT.fullmatch(_stem(name)))}
    if not found:
        return frozenset()
    stems = [stem for name in names for stem in (name, _stem(name))]
    keys, marks = set(map(name_key, stems)), set(map(cut_mark, stems))
    return frozenset(name for name, stem in found.items() if name_key(stem) in keys or stem[-len(cut_mark("")) :] in marks)


def earlier_folders(folders: Iterable[str]) -> frozenset[str]:
    """Those of a folder's folders that have the name of another one's output."""
    names = set(folders)
    return frozenset(name for name in names if name.endswith(ENDING) and name[: -len(ENDING)] in names)


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]  # noqa: PTH122 (a path for each of many thousands of names takes longer)
