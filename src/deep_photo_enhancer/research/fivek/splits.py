"""Which photos are trained on, which are kept for the test, and which prepared file each becomes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo import RAW_SUFFIXES
from deep_photo_enhancer.research.fivek.layout import Folders, NumberedPhotos, parse_number, stem
from deep_photo_enhancer.research.fivek.problems import Problem

LISTS = ("train_input.txt", "train_label.txt", "test.txt")
PLACES = {
    ("inputs", "train"): "inputs/train",
    ("labels", "train"): "labels/train",
    ("inputs", "test"): "inputs/test",
    ("labels", "test"): "labels/test",
    ("labels", "unpaired"): "unpaired/labels",
}
"""Folder of each role and split. The second half's inputs are not needed: no method of the paper sees them."""
TEST_SHARE = 498 / 4998
"""The paper's 498 test photos beside twice 2,250 training photos."""


@dataclass(frozen=True)
class Splits:
    """FiveK numbers of the three parts, which have none in common."""

    train: tuple[int, ...]
    """First half: supervised pairs; their inputs are the unpaired methods' X."""
    unpaired: tuple[int, ...]
    """Second half: their labels are the unpaired methods' Y."""
    test: tuple[int, ...]
    described: str
    """Where the split comes from, one sentence."""
    from_lists: bool
    problems: tuple[Problem, ...] = ()

    @property
    def numbers(self) -> frozenset[int]:
        """All of them."""
        return frozenset(self.train + self.unpaired + self.test)


def read_splits(folder: Path) -> Splits:
    """The lists train_input.txt, train_label.txt and test.txt: an image number a line (a0001, 1 or a file's name).

    DataError when a list cannot be read; what is wrong with its lines is among the problems.
    """
    lists = []
    problems: list[Problem] = []
    digest = hashlib.sha256()
    for name in LISTS:
        content = _content(folder, name)
        digest.update(content)
        numbers, wrong = _numbers(content, name)
        lists.append(numbers)
        problems += wrong
    problems += _in_common(lists)
    counts = ", ".join(f"{name} {len(numbers)}" for name, numbers in zip(LISTS, lists, strict=True))
    described = f"lists in {folder.name} ({counts}; SHA-256 of the three {digest.hexdigest()[:16]})"
    return Splits(lists[0], lists[1], lists[2], described, True, tuple(problems))


def split_by_number(numbers: Collection[int]) -> Splits:
    """Without lists: in the order of the numbers two equal halves, then the test photos, in the paper's proportions.

    DataError for fewer than three photos.
    """
    if len(numbers) < 3:
        raise DataError(f"{len(numbers)} photos have an input and a label; three are the least that can be split")
    ordered = tuple(sorted(numbers))
    half = max(1, (len(ordered) - max(1, round(TEST_SHARE * len(ordered)))) // 2)
    train, unpaired, test = ordered[:half], ordered[half : 2 * half], ordered[2 * half :]
    described = f"by number, without lists ({len(train)} train, {len(unpaired)} unpaired, {len(test)} test)"
    return Splits(train, unpaired, test, described, False)


def _content(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        needed = ", ".join(LISTS)
        raise DataError(
            f"{folder / name}: cannot read this list ({error.strerror}); --splits needs a folder with {needed}"
        ) from error


def _numbers(content: bytes, name: str) -> tuple[tuple[int, ...], list[Problem]]:
    numbers: dict[int, None] = {}
    problems = []
    for at, line in enumerate(content.decode("utf-8", "replace").lstrip("\ufeff").splitlines(), 1):
        entry = line.split("#")[0].strip()
        number = parse_number(entry)
        if entry and number is None:
            problems.append(Problem("lines of the lists that are no FiveK number", f"{name} line {at} ({entry[:40]})"))
        elif number in numbers:
            problems.append(Problem("numbers that a list has twice", f"{stem(number)} in {name}"))
        elif number is not None:
            numbers[number] = None
    if not numbers:
        problems.append(Problem("lists without a number", name))
    return tuple(numbers), problems


def _in_common(lists: list[tuple[int, ...]]) -> list[Problem]:
    problems = []
    for i, j in ((0, 1), (0, 2), (1, 2)):
        kind = f"photos that are in {LISTS[i]} and in {LISTS[j]}; the lists may have none in common"
        problems += [Problem(kind, stem(number)) for number in sorted(set(lists[i]) & set(lists[j]))]
    return problems


@dataclass(frozen=True)
class Task:
    """One photo to prepare."""

    number: int
    role: str
    """inputs or labels."""
    split: str
    """train, unpaired or test."""
    source: Path
    name: str
    """Of the source, from its folder of inputs or labels on; the same on every machine."""

    @property
    def file(self) -> str:
        """Of the prepared photo, from the prepared folder on."""
        return f"{PLACES[self.role, self.split]}/{stem(self.number)}.png"

    @property
    def is_raw(self) -> bool:
        return self.source.suffix.lower() in RAW_SUFFIXES


def plan(splits: Splits, folders: Folders, inputs: NumberedPhotos, labels: NumberedPhotos) -> tuple[list[Task], list[Problem]]:
    """The tasks, pair by pair, and a problem for each photo that a split needs and a folder lacks."""
    tasks: list[Task] = []
    problems = [*inputs.problems, *labels.problems, *splits.problems]
    for split, numbers in (("train", splits.train), ("test", splits.test), ("unpaired", splits.unpaired)):
        for number in sorted(numbers):
            for role, folder, found in (("inputs", folders.inputs, inputs), ("labels", folders.labels, labels)):
                if (role, split) not in PLACES:
                    continue
                if number in found.photos:
                    path = found.photos[number]
                    tasks.append(Task(number, role, split, path, path.relative_to(folder).as_posix()))
                else:
                    problems.append(Problem(f"photos of the lists that are not in the folder of {role} {folder}", stem(number)))
    return tasks, problems


def unmatched_photos(folders: Folders, inputs: NumberedPhotos, labels: NumberedPhotos) -> list[Problem]:
    """Photos that only one of the folders has; of interest where no list says which ones are wanted."""
    lone_inputs = sorted(inputs.photos.keys() - labels.photos.keys())
    lone_labels = sorted(labels.photos.keys() - inputs.photos.keys())
    return [
        *(Problem(f"inputs without a label in {folders.labels}", stem(number)) for number in lone_inputs),
        *(Problem(f"labels without an input in {folders.inputs}", stem(number)) for number in lone_labels),
    ]
