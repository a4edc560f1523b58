"""The files and the trees of a run, which are never overwritten."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from deep_photo_enhancer.enhancement.batch.beside import earlier_folders, earlier_outputs
from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.system.files import realpath


class Inputs:
    """What a run reads. No input is what the folder `output` holds where it lies in one of the trees, nor an earlier output."""

    def __init__(
        self, files: Sequence[Path], folders: Sequence[Path], output: Path | None, is_photo: Callable[[str], bool]
    ) -> None:
        self._files = {realpath(path) for path in files} | {realpath(path.parent) / path.name for path in files}
        self._roots = [realpath(folder) for folder in folders]
        self._output = None if output is None else realpath(output)
        self._is_photo = is_photo
        self._earlier_in = lru_cache(_earlier_in)

    def protect(self, folder: Path, written: Sequence[Path]) -> None:
        """PhotoError when one of the paths, all of them in `folder` (a real path), is an input."""
        for path in written:
            named = folder / path.name
            target = realpath(path) if self._files or path.is_symlink() else named  # a link is written through
            if not self._files.isdisjoint((named, target)) or any(map(self._is_in_trees, {named, target})):
                raise PhotoError(f"{path}: is one of the photos to enhance and would be overwritten; choose another output")

    def _is_in_trees(self, path: Path) -> bool:
        return any(self._holds(root, path) for root in self._roots) and self._is_photo(path.name) and os.path.lexists(path)

    def _holds(self, root: Path, path: Path) -> bool:
        if not _lies_in(path.parent, root):
            return False
        is_left_out = self._output is not None and root in self._output.parents and _lies_in(path.parent, self._output)
        return not is_left_out and not self._is_earlier_output(root, path)

    def _is_earlier_output(self, root: Path, path: Path) -> bool:
        below = [path, *path.parents]
        return any(each.name in self._earlier_in(each.parent) for each in below[: below.index(root)])


def _lies_in(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents


def _earlier_in(folder: Path) -> frozenset[str]:
    """The names in a folder that a search for photos leaves out as outputs."""
    try:
        with os.scandir(folder) as entries:
            found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    except OSError:
        return frozenset()
    folders = earlier_folders(name for name, is_folder in found if is_folder)
    return folders | earlier_outputs(name for name, is_folder in found if not is_folder)
