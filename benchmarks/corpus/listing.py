"""ExifTool's listings of inputs and outputs, and what differs between them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from benchmarks.corpus.case import Case
from benchmarks.corpus.changes import CHANGES, GONE, NEW, OF_THE_FORMAT, SIZES, UPRIGHT, WITHOUT_RESOLUTION

Listing = dict[str, Any]
_OPTIONS = ["-json", "-G1:4", "-a", "-u", "-n", "-b", "-e", "-api", "largefilesupport=1"]


def listings(paths: Sequence[Path]) -> list[Listing]:
    """Every tag of each file as "Group:Name", binary values whole, and the profile as ICC_Profile."""
    if not paths:
        return []
    command = ["exiftool", *_OPTIONS, "-all", "-icc_profile", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, check=False)
    found = json.loads(done.stdout.decode(errors="replace"), object_pairs_hook=_numbered)
    assert len(found) == len(paths), done.stderr[-400:]
    return list(found)


def _numbered(pairs: list[tuple[str, Any]]) -> Listing:
    """ExifTool numbers tags of the same name whatever their group; here only those of one group are, from the second on."""
    listing: Listing = {}
    for tag, value in pairs:
        group, *_, name = tag.split(":") if ":" in tag else (tag, tag)
        plain = f"{group}:{name}" if name != group else name
        number = sum(each.split("#")[0] == plain for each in listing) + 1
        listing[plain if number == 1 else f"{plain}#{number}"] = value
    return listing


def file_type(listing: Listing) -> str:
    """ExifTool's name for a file's format."""
    return str(listing.get("File:FileType"))


def differences(case: Case, before: Listing, after: Listing, width: int, height: int) -> list[str]:
    """The tags that differ and may not, a clause each."""
    free = [*CHANGES, *case.may_differ, *(OF_THE_FORMAT if file_type(before) != file_type(after) else ())]
    free += [WITHOUT_RESOLUTION] if before.get("JFIF:ResolutionUnit") == 0 else []
    rounded = file_type(after) in ("HEIC", "HEIF")  # to even numbers, of which a box shows the true part
    sides = {str(side + side % 2 * extra) for side in (width, height) for extra in ((0, 1) if rounded else (0,))}
    wrong = []
    for tag in sorted(before.keys() | after.keys()):
        old, new = before.get(tag), after.get(tag)
        if _matches(tag, UPRIGHT) and new is not None:
            wrong += [] if str(new) == "1" else [f"{tag} is {new} and not 1"]
        elif _matches(tag, SIZES) and new is not None:
            wrong += [] if str(new) in sides else [f"{tag} is {new}, no side of {width} x {height}"]
        elif old != new and not _matches(tag, [*free, *(GONE if new is None else NEW if old is None else ())]):
            wrong.append(f"{tag} was {_short(old)}, is {_short(new)}")
    return wrong + [
        f"{tag} is {_short(after.get(tag))}, not {value}" for tag, value in case.expect.items() if after.get(tag) != value
    ]


def _matches(tag: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(tag.split("#")[0], pattern) for pattern in patterns)


def _short(value: Any) -> str:
    text = "missing" if value is None else " ".join(str(value).split())
    return text if len(text) < 50 else f"{text[:44]}... ({len(text)})"
