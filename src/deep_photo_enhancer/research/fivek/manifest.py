"""The record of a prepared folder, and the way to read one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.fivek.source import file_sha256
from deep_photo_enhancer.system.progress import map_in_threads

MANIFEST, TEST_LIST = "manifest.json", "test.txt"
FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """One prepared photo."""

    file: str
    """From the prepared folder on."""
    number: int
    role: str
    """inputs or labels."""
    split: str
    """train, unpaired or test."""
    width: int
    height: int
    sha256: str
    source: str
    """From the folder of inputs or labels on."""
    source_sha256: str
    source_bytes: int
    source_profile: str
    """Name of the embedded profile, "no profile" (taken for sRGB), or that LibRaw developed it."""
    source_bits: int
    look: list[float]
    """luma_mean, luma_std, p95 and colourfulness of the prepared photo at a long side of 128 pixels."""


@dataclass(frozen=True)
class Manifest:
    """What was made of what."""

    size: int
    splits: str
    """Where the split comes from."""
    paper_splits: bool
    """Whether lists were given; without them figures cannot be compared with the paper's."""
    settings: dict[str, Any]
    libraries: dict[str, str]
    photos: list[Entry]
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def text(self) -> str:
        """As JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class Prepared:
    """A complete prepared folder. Pairs have equal names and sizes; all photos are upright 8-bit sRGB PNG."""

    folder: Path
    manifest: Manifest

    @property
    def train(self) -> list[tuple[Path, Path]]:
        """The first half's pairs (x, y), by number."""
        return list(zip(self._files("inputs", "train"), self._files("labels", "train"), strict=True))

    @property
    def test(self) -> list[tuple[Path, Path]]:
        """The test pairs (x, y), by number."""
        return list(zip(self._files("inputs", "test"), self._files("labels", "test"), strict=True))

    @property
    def unpaired_inputs(self) -> list[Path]:
        """X: the first half's inputs, by number."""
        return self._files("inputs", "train")

    @property
    def unpaired_labels(self) -> list[Path]:
        """Y: the second half's labels, by number; none of X is among them."""
        return self._files("labels", "unpaired")

    @property
    def size(self) -> int:
        """Long side in pixels that larger photos were brought to."""
        return self.manifest.size

    @property
    def splits(self) -> str:
        """Where the split comes from, for reports."""
        return self.manifest.splits

    @property
    def paper_splits(self) -> bool:
        """False when the photos were split by number, so that figures cannot be compared with the paper's."""
        return self.manifest.paper_splits

    @property
    def warnings(self) -> list[str]:
        """What is suspicious about the data, for reports."""
        return self.manifest.warnings

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the names and contents of all prepared photos."""
        return fingerprint((entry.file, entry.sha256) for entry in self.manifest.photos)

    def data(self, method: str) -> dict[str, Any]:
        """The settings of DataConfig for a method (supervised, one_way or two_way): inputs, labels and validation."""
        labels = ["labels"] if method == "supervised" else ["unpaired/labels", "labels/test"]
        return {
            "inputs": (str(self.folder / "inputs"),),
            "labels": tuple(str(self.folder / name) for name in labels),
            "validation": str(self.folder / TEST_LIST),
        }

    def _files(self, role: str, split: str) -> list[Path]:
        entries = [entry for entry in self.manifest.photos if (entry.role, entry.split) == (role, split)]
        return [self.folder / entry.file for entry in sorted(entries, key=lambda entry: entry.number)]


def fingerprint(parts: Iterable[tuple[object, ...]]) -> str:
    """SHA-256 of lines of words, in any order."""
    lines = sorted(" ".join(map(str, part)) for part in parts)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def load_prepared(folder: str | Path) -> Prepared:
    """What `dpe data fivek` made in the folder. DataError when there is none, or photos of it are missing or were changed.

    Every photo's content is compared with the manifest: reading the 7,746 files of the whole set takes some seconds.
    """
    folder = Path(folder)
    prepared = Prepared(folder, _read(folder / MANIFEST))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}
    missing = [entry.file for entry in prepared.manifest.photos if entry.file not in there]
    missing += [] if (folder / TEST_LIST).is_file() else [TEST_LIST]
    if missing:
        raise DataError(
            f"{folder}: {len(missing)} files are missing, the first {missing[0]}; remove the folder and prepare it again"
        )
    _check_contents(prepared)
    return prepared


def _check_contents(prepared: Prepared) -> None:
    entries = prepared.manifest.photos
    try:
        digests = map_in_threads(lambda entry: file_sha256(prepared.folder / entry.file), entries)
    except OSError as error:
        raise DataError(f"{error.filename}: cannot be read ({error.strerror}); prepare the folder again") from error
    changed = [entry.file for entry, digest in zip(entries, digests, strict=True) if digest != entry.sha256]
    if changed:
        raise DataError(
            f"{prepared.folder}: {len(changed)} files have changed since they were prepared, the first {changed[0]};"
            " remove the folder and prepare it again"
        )


def _read(path: Path) -> Manifest:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT:
            raise DataError(f"{path}: written by another version of dpe; prepare the folder again")
        return Manifest(**{**content, "photos": [Entry(**entry) for entry in content["photos"]]})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path.parent}: not a folder that `dpe data fivek` prepared (no readable {path.name})") from error
