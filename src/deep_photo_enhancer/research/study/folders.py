"""Which photo of which folder shows the same as which of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.training.data.files import find_photos

SAME_SHAPE = 0.01
"""Two versions whose width by height differs by more than this share do not show the same part of a photo."""

Size = tuple[int, int]


@dataclass(frozen=True)
class PhotoVersions:
    """The photos of several systems, and what is wrong with them."""

    systems: tuple[str, ...]
    """Names of the folders, in their order."""
    versions: dict[str, dict[str, Path]]
    """For each photo's stem, in order, the file of each system."""
    problems: list[str]
    """A sentence for each."""


def match_folders(folders: Sequence[Path]) -> PhotoVersions:
    """Photos of the same stem belong together. DataError when a folder is missing or empty, or when there is only one."""
    if len(folders) < 2:
        raise DataError(f"{', '.join(map(str, folders))}: a study compares two systems or more; name a folder for each")
    names = [folder.name if folder.name not in ("", "..") else folder.resolve().name for folder in folders]
    by_system: dict[str, dict[str, Path]] = {}
    problems: list[str] = []
    for name, folder in zip(names, folders, strict=True):
        if name in by_system:
            raise DataError(f"{folder}: another folder is also called {name}; rename one, for systems are called after folders")
        by_system[name] = _by_stem(folder, problems)
    stems = sorted(set().union(*by_system.values()))
    for stem in stems:
        missing = [str(folder) for folder, found in zip(folders, by_system.values(), strict=True) if stem not in found]
        if missing:
            problems.append(f"{stem}: no photo of this name in {', '.join(missing)}")
    versions = {stem: {name: found[stem] for name, found in by_system.items() if stem in found} for stem in stems}
    return PhotoVersions(tuple(names), versions, problems)


def _by_stem(folder: Path, problems: list[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in find_photos([folder]):
        if path.stem in found:
            problems.append(f"{path}: has the same name as {found[path.stem]}; rename or remove one")
        else:
            found[path.stem] = path
    return found


def shape_problems(sizes: dict[Path, Size]) -> list[str]:
    """A sentence for each version of one photo that has another shape than the first."""
    (first, (width, height)), *others = sizes.items()
    return [
        f"{path}: {w} x {h} pixels is not the shape of {first} with {width} x {height}; versions must show the same part"
        for path, (w, h) in others
        if abs(w * height / (h * width) - 1) > SAME_SHAPE
    ]
