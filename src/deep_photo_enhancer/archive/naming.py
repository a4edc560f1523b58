"""Names of outputs, by the rules of `dpe enhance`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from deep_photo_enhancer.archive.listing import Entry, Group
from deep_photo_enhancer.archive.places import Stamp
from deep_photo_enhancer.enhancement.batch.names import output_names
from deep_photo_enhancer.enhancement.batch.plan import output_name
from deep_photo_enhancer.system.files import shorten


@dataclass(frozen=True, slots=True)
class Item:
    """One photo to enhance."""

    key: str
    """Its path below the source's root."""
    stamp: Stamp
    output: str
    """The output's path below the target's root."""
    shared_name: bool = False
    """Whether another photo of the folder would have this output if it were alone."""
    problem: str | None = None
    """Why there is nothing to enhance; None for a photo."""
    replace: bool = False
    """Whether an output that is there was made of another version of the photo, or with other settings."""


def name_outputs(groups: Iterable[Group], suffix: str | None) -> Iterator[Item]:
    """Where each photo goes; `suffix` is that of all outputs, None for the photos' own."""
    for group in groups:
        if group[0].problem is not None:
            yield from (Item(entry.key, entry.stamp, "", problem=entry.problem) for entry in group)
            continue
        folders: dict[str, list[Entry]] = {}
        for entry in group:
            folders.setdefault(entry.key.rpartition("/")[0], []).append(entry)
        named = {item.key: item for folder, entries in folders.items() for item in _name_in(folder, entries, suffix)}
        yield from (named[entry.key] for entry in group)


def _name_in(folder: str, entries: list[Entry], suffix: str | None) -> Iterator[Item]:
    start = f"{folder}/" if folder else ""
    names = [entry.key[len(start) :] for entry in entries]
    wanted = {name: output_name(name, suffix) for name in names}
    chosen = output_names(wanted)
    taken_by_two = {wanted[name] for name in names if chosen[name] != wanted[name]}
    for entry, name in zip(entries, names, strict=True):
        first = wanted[name]
        problem = entry.problem
        if chosen[name] != first and chosen[name] != shorten(
            name, PurePosixPath(first).suffix
        ):  # its number may be a photo's name
            problem = f"{entry.key}: other photos have the names {first} and {name}{PurePosixPath(first).suffix}; rename it"
        yield Item(entry.key, entry.stamp, start + chosen[name], chosen[name] in taken_by_two, problem)
