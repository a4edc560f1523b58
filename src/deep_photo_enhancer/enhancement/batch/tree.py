"""The photos of a folder and of the folders in it, one folder at a time."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from deep_photo_enhancer.enhancement.batch.beside import earlier_folders, earlier_outputs
from deep_photo_enhancer.enhancement.batch.passed import EARLIER, Passed, reason_of
from deep_photo_enhancer.system.files import realpath


@dataclass
class Folder:
    """What one folder of a tree holds."""

    below: Path
    """Its path from the root of the tree."""
    photos: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    passed: Passed = field(default_factory=Counter)
    """Files, links and folders that are not looked at."""
    problem: str | None = None
    """Why it cannot be looked into."""


def walk(root: Path, is_photo: Callable[[str], bool], leave_out: Path | None = None) -> Iterator[Folder]:
    """The folders of a tree, each before those in it, by name. `leave_out` (a real path) and what it holds are not there.

    Hidden names are passed by, and so is what an earlier run put beside photos and folders. Links to folders are not followed,
    so that nothing goes in a circle; links to photos are followed when these lie in the tree.
    """
    real_root = realpath(root)
    pending = [Path()]
    while pending:
        folder = _look(root, real_root, pending.pop(), is_photo, leave_out)
        yield folder
        pending.extend(folder.below / name for name in reversed(folder.folders))


def _look(root: Path, real_root: Path, below: Path, is_photo: Callable[[str], bool], leave_out: Path | None) -> Folder:
    folder = Folder(below)
    try:
        with os.scandir(root / below) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        folder.problem = (
            f"{root / below}: cannot look into this folder: {error.strerror}; change its permissions, or leave it out"
        )
        return folder
    for entry in found:
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            if real_root / below / entry.name != leave_out:
                folder.folders.append(entry.name)
        elif not entry.name.startswith(".") and is_photo(entry.name) and _is_own_file(entry, real_root, leave_out):
            folder.photos.append(entry.name)
        else:
            folder.passed[reason_of(entry.name, entry.is_symlink())] += 1
    _leave_out_outputs(folder)
    return folder


def _leave_out_outputs(folder: Folder) -> None:
    photos, folders = earlier_outputs(folder.photos), earlier_folders(folder.folders)
    if photos or folders:
        folder.photos = [name for name in folder.photos if name not in photos]
        folder.folders = [name for name in folder.folders if name not in folders]
        folder.passed[EARLIER] += len(photos) + len(folders)


def _is_own_file(entry: os.DirEntry[str], real_root: Path, leave_out: Path | None) -> bool:
    if not entry.is_symlink():
        return entry.is_file()
    target = realpath(Path(entry.path))
    return real_root in target.parents and leave_out not in target.parents and target.is_file()
