"""The list files that name photos for validation, or to leave out."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

from deep_photo_enhancer.errors import DataError


def read_names(file: str | None) -> frozenset[str]:
    """The names in a list file, without comments and blank lines; none without a file. DataError when it cannot be read."""
    if file is None:
        return frozenset()
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot read this list of photos: {error}") from error
    return frozenset(line.split("#")[0].strip() for line in lines) - {""}


def problems_of_list(file: str | None, unknown: Set[str]) -> list[str]:
    """A sentence on the listed names that no photo has."""
    return [f"{file}: lists photos that are not in the folders: {', '.join(sorted(unknown))}"] if unknown else []


def every_nth(paths: list[Path], share: float) -> frozenset[str]:
    """Names of the photos that are kept for validation where no list says which."""
    return frozenset(path.name for path in paths[:: round(1 / share)])
