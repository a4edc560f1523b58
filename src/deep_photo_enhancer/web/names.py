"""Names that come from browsers, made into places below a folder; and the names of a page's outputs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from deep_photo_enhancer.enhancement.batch.names import free_name, name_key, number_names, output_names
from deep_photo_enhancer.enhancement.batch.plan import output_name
from deep_photo_enhancer.system.files import shorten

IMPOSSIBLE = '<>:"|?*' if os.name == "nt" else ""
"""What names on this system cannot hold; Windows takes a colon for the end of a drive's name, wherever a path began."""
MOST_FOLDERS = 16
"""That lie in each other, of a folder that was dropped."""


def clean_path(name: str) -> str:
    """A browser's name for a photo in a folder that was dropped, as a place below any folder: holiday/a.jpg."""
    words = ["".join(map(_letter, word)) for word in name.replace("\\", "/").split("/")]
    words = [word for word in words if word not in ("", ".", "..")][-MOST_FOLDERS:] or ["photo"]
    return "/".join(shorten(PurePosixPath(word).stem, PurePosixPath(word).suffix[:32]) for word in words)


def free_path(path: str, taken: Iterable[str]) -> str:
    """The same place, or one beside it where another photo has it."""
    place = PurePosixPath(path)
    beside = {name_key(PurePosixPath(other).name) for other in taken if PurePosixPath(other).parent == place.parent}
    return str(place.with_name(free_name([place.name], beside)))


def output_paths(names: Mapping[str, str], suffixes: Mapping[str, str | None], folder: Path | None = None) -> dict[str, str]:
    """Where the outputs of photos go, as `dpe enhance` names them; in a folder, numbered where a file is there already.

    names: by id, the place of each photo; suffixes: by id, that of its output, None for that of the photo.
    """
    paths: dict[str, str] = {}
    for parent in dict.fromkeys(PurePosixPath(name).parent for name in names.values()):
        ids = {id: PurePosixPath(name).name for id, name in names.items() if PurePosixPath(name).parent == parent}
        chosen = output_names({name: output_name(name, suffixes[id]) for id, name in ids.items()})
        outputs = [chosen[name] for name in ids.values()]
        if folder is not None:
            outputs = number_names(outputs, _names_in(folder / parent))
        paths |= {id: str(parent / output) for id, output in zip(ids, outputs, strict=True)}
    return paths


def _letter(letter: str) -> str:
    if not letter.isprintable():
        return ""
    return "_" if letter in IMPOSSIBLE else letter


def _names_in(folder: Path) -> set[str]:
    return {name_key(path.name) for path in folder.iterdir()} if folder.is_dir() else set()
