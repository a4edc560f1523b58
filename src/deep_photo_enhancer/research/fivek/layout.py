"""What `dpe data fivek` is asked to do; the folders of inputs and labels, and the number of each photo in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo import PHOTO_SUFFIXES, RAW_SUFFIXES
from deep_photo_enhancer.research.fivek.problems import Problem
from deep_photo_enhancer.training.data.files import find_photos

PHOTOS = 5000
"""FiveK's photos are numbered a0001 to a5000."""
DEPTH = 3
"""How far below the root folders are looked for."""

INPUT_NAMES = (
    ("inputasshotzeroed", "tiff16inputasshotzeroed"),
    ("input", "inputs", "original", "originals", "source"),
    ("rawphotos", "raw", "dng"),
)
LABEL_NAMES = (
    ("expertc", "tiff16c", "retoucherc", "c"),
    ("label", "labels", "target", "targets", "output", "outputs", "gt"),
)
"""Names that folders have, in lower case without other characters than letters and figures; the likeliest first."""

_NUMBER = re.compile(r"a?(?:0*(\d{1,4})(?:\.[^.]*)?$|(\d{4})(?=[._]|-[a-z]))", re.IGNORECASE)
"""The number alone before a suffix, or four digits before more of the name; a date or "4k" is none."""


@dataclass(frozen=True)
class FiveKSettings:
    """Where the data lie, and what to make of them."""

    root: Path
    """Folder that inputs and labels are looked for in."""
    output: Path
    """Folder to make; it appears when it is complete."""
    inputs: Path | None = None
    """Folder of the inputs; None looks for one in the root."""
    labels: Path | None = None
    """Folder of one retoucher's photos; None looks for retoucher C's in the root."""
    splits: Path | None = None
    """Folder with train_input.txt, train_label.txt and test.txt; None splits by number."""
    size: int = 512
    """Long side of the prepared photos in pixels; smaller ones are not enlarged."""

    @property
    def unfinished(self) -> Path:
        """Where the work goes on until it is complete; the next run takes over what is there."""
        return self.output.with_name(f"{self.output.name}.unfinished")

    @property
    def problem_list(self) -> Path:
        """Where all problems are written when there are too many to print."""
        return self.output.with_name(f"{self.output.name}.problems.txt")


@dataclass(frozen=True)
class Folders:
    """Where the photos are."""

    inputs: Path
    labels: Path


@dataclass(frozen=True)
class NumberedPhotos:
    """The photos of a folder by their FiveK numbers."""

    photos: dict[int, Path]
    problems: list[Problem]
    """Numbers that several photos have."""
    ignored: int
    """Photos whose names begin with no number from 1 to 5000."""


def parse_number(name: str) -> int | None:
    """The FiveK number that a file's name or a list's line begins with: 1459 for a1459-jmac.tif, a1459.png, 1459; else None."""
    found = _NUMBER.match(name)
    number = int(found[1] or found[2]) if found else 0
    return number if 1 <= number <= PHOTOS else None


def stem(number: int) -> str:
    """a0001 for 1."""
    return f"a{number:04d}"


def find_folders(settings: FiveKSettings) -> Folders:
    """The folders that the settings name, or else the likeliest in the root. DataError when there is none, or several."""
    if not settings.root.is_dir():
        raise DataError(f"{settings.root}: no such folder; name the folder with the FiveK photos")
    own = (settings.output, settings.unfinished)
    below = [] if settings.inputs and settings.labels else list(_folders(settings.root, DEPTH, own))
    folders = Folders(
        settings.inputs or _likeliest(settings.root, below, INPUT_NAMES, "inputs"),
        settings.labels or _likeliest(settings.root, below, LABEL_NAMES, "labels"),
    )
    if folders.inputs.resolve() == folders.labels.resolve():
        raise DataError(f"{folders.inputs}: cannot be the folder of inputs and of labels; name two folders")
    return folders


def _folders(root: Path, depth: int, own: Collection[Path]) -> Iterator[Path]:
    """Folders below the root, but not what this command made itself."""
    not_wanted = {path.resolve() for path in own}
    for path in sorted(root.iterdir()):
        if path.is_dir() and not path.name.startswith(".") and path.resolve() not in not_wanted:
            yield path
            if depth > 1:
                yield from _folders(path, depth - 1, own)


def _likeliest(root: Path, folders: Sequence[Path], names: tuple[tuple[str, ...], ...], role: str) -> Path:
    for equals in names:
        found = [path for path in folders if re.sub("[^a-z0-9]", "", path.name.lower()) in equals]
        found = [path for path in found if not any(parent in found for parent in path.parents)]
        if len(found) == 1:
            return found[0]
        if found:
            raise DataError(f"{root}: several folders may hold the {role}: {', '.join(map(str, found))}; name one with --{role}")
    examples = ", ".join(equals[0] for equals in names)
    raise DataError(f"{root}: no folder of {role} there (looked for {examples} and the like); name it with --{role}")


def number_photos(folder: Path, role: str) -> NumberedPhotos:
    """The photos below the folder by number; raw files count as inputs only. DataError when none has a FiveK number."""
    suffixes: Collection[str] = PHOTO_SUFFIXES if role == "inputs" else PHOTO_SUFFIXES - RAW_SUFFIXES
    photos: dict[int, Path] = {}
    problems: list[Problem] = []
    ignored = 0
    for path in find_photos([folder], suffixes):
        number = parse_number(path.name)
        if number is None:
            ignored += 1
        elif number in photos:
            kind = f"{role} with a number that another one has; keep one of each, or name a folder with one with --{role}"
            problems.append(Problem(kind, f"{path.relative_to(folder)} and {photos[number].relative_to(folder)}"))
        else:
            photos[number] = path
    if not photos:
        raise DataError(f"{folder}: none of its {ignored} photos is named like FiveK's, such as a0001-jmac_DSC1459 or 0001")
    return NumberedPhotos(photos, problems, ignored)
