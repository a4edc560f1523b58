"""Which photo becomes which prepared file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deep_photo_enhancer.photo import RAW_SUFFIXES
from deep_photo_enhancer.research.fivek.layout import Folders, Numbered, stem
from deep_photo_enhancer.research.fivek.problems import Problem
from deep_photo_enhancer.research.fivek.splits import Splits

PLACES = {
    ("inputs", "train"): "inputs/train",
    ("labels", "train"): "labels/train",
    ("inputs", "test"): "inputs/test",
    ("labels", "test"): "labels/test",
    ("labels", "unpaired"): "unpaired/labels",
}
"""Folder of each role and split. The second half's inputs are not needed: no method of the paper sees them."""


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


def plan(splits: Splits, folders: Folders, inputs: Numbered, labels: Numbered) -> tuple[list[Task], list[Problem]]:
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


def without_partner(folders: Folders, inputs: Numbered, labels: Numbered) -> list[Problem]:
    """Photos that only one of the folders has; of interest where no list says which ones are wanted."""
    lone_inputs = sorted(inputs.photos.keys() - labels.photos.keys())
    lone_labels = sorted(labels.photos.keys() - inputs.photos.keys())
    return [
        *(Problem(f"inputs without a label in {folders.labels}", stem(number)) for number in lone_inputs),
        *(Problem(f"labels without an input in {folders.inputs}", stem(number)) for number in lone_labels),
    ]
