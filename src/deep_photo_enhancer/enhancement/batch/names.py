"""Names of outputs: none is given twice, and none is longer than a file's name may be."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import PurePath

from deep_photo_enhancer.system.files import shorten


def output_names(wanted: Mapping[str, str], ending: str = "") -> dict[str, str]:
    """The names of the outputs in one folder, for the names of its photos and the names that each would have alone.

    Photos that keep their suffixes have these; of the others, the first has the wanted name and the next ones keep their old
    suffix in front of the new one: a.heic beside a.jpg becomes a.heic.jpg. Where that is taken as well, they are numbered:
    a-2.jpg. ending: what the wanted names have before their suffixes.
    """
    taken: set[str] = set()
    chosen = dict(wanted)
    for name, first in sorted(wanted.items(), key=lambda item: not _keeps_suffix(*item)):
        with_suffix = [] if _keeps_suffix(name, first) else [shorten(name, ending + PurePath(first).suffix)]
        chosen[name] = free_name([first, *with_suffix], taken)
        taken.add(name_key(chosen[name]))
    return chosen


def comparison_names(outputs: Sequence[str]) -> list[str]:
    """A name for the comparison beside each output: a-compare.jpg, a.png-compare.jpg where that is taken, else numbered."""
    taken = {name_key(name) for name in outputs}
    chosen = []
    for name in outputs:
        chosen.append(free_name([shorten(PurePath(name).stem, "-compare.jpg"), shorten(name, "-compare.jpg")], taken))
        taken.add(name_key(chosen[-1]))
    return chosen


def number_names(outputs: Sequence[str], present: Iterable[str]) -> list[str]:
    """The same names, but numbered where a file of that name, in the form of `name_key`, is present."""
    taken = set(present)
    own = {name_key(name) for name in outputs}
    chosen = []
    for name in outputs:
        chosen.append(name if name_key(name) not in taken else free_name([], taken | own, name))
        taken.add(name_key(chosen[-1]))
    return chosen


def free_name(candidates: Sequence[str], taken: set[str], numbered: str | None = None) -> str:
    """The first of the candidates that is not taken, else the first one, or `numbered`, with the first free number from 2."""
    for name in candidates:
        if name_key(name) not in taken:
            return name
    return next(name for name in _numbered(numbered or candidates[0]) if name_key(name) not in taken)


def name_key(name: str) -> str:
    """Equal for names that some file system takes for the same: those of exFAT and macOS do not tell A.jpg from a.jpg."""
    return unicodedata.normalize("NFC", name).casefold()


def _keeps_suffix(name: str, output: str) -> bool:
    return os.path.splitext(name)[1] == os.path.splitext(output)[1]  # noqa: PTH122 (a path for each of millions takes longer)


def _numbered(name: str) -> Iterator[str]:
    path = PurePath(name)
    return (shorten(path.stem, f"-{number}{path.suffix}") for number in count(2))
