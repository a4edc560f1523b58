"""Photos that are to be enhanced are never overwritten."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from deep_photo_enhancer.enhancement.batch.tree import real
from deep_photo_enhancer.errors import PhotoError


class Inputs:
    """The files and the trees of a run; what the folder `output` holds, when it lies in one of the trees, is no input."""

    def __init__(self, files: Sequence[Path], folders: Sequence[Path], output: Path, is_photo: Callable[[str], bool]) -> None:
        self._files = {real(path) for path in files} | {real(path.parent) / path.name for path in files}
        self._roots = [real(folder) for folder in folders]
        self._output = real(output)
        self._is_photo = is_photo

    def protect(self, folder: Path, written: Sequence[Path]) -> None:
        """PhotoError when one of the paths, all of them in `folder` (a real path), is an input."""
        in_tree = any(self._holds(root, folder) for root in self._roots)
        for path in written:
            is_named = bool(self._files) and (folder / path.name in self._files or real(path) in self._files)
            if is_named or (in_tree and self._is_photo(path.name) and os.path.lexists(path)):
                raise PhotoError(f"{path}: is one of the photos to enhance and would be overwritten; choose another output")

    def _holds(self, root: Path, folder: Path) -> bool:
        is_left_out = root in self._output.parents and _is_in(folder, self._output)
        return _is_in(folder, root) and not is_left_out


def _is_in(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents
