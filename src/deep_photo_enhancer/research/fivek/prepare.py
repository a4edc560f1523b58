"""Makes the prepared photos in an unfinished folder, and gives that its name when nothing is wrong with any of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pyvips

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.fivek.layout import FiveKSettings
from deep_photo_enhancer.research.fivek.looks import are_swapped, notes, role_means, warnings
from deep_photo_enhancer.research.fivek.manifest import MANIFEST, TEST_LIST, Entry, Manifest, Prepared, load_prepared
from deep_photo_enhancer.research.fivek.problems import BadDataError, Problem, remove_list
from deep_photo_enhancer.research.fivek.source import file_sha256
from deep_photo_enhancer.research.fivek.splits import Task
from deep_photo_enhancer.research.fivek.survey import Survey, survey
from deep_photo_enhancer.research.fivek.work import RECORDS, make_photo
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.system.progress import map_in_threads
from deep_photo_enhancer.version import __version__

SAMPLE = 100
"""Pairs that are made first, so that swapped folders are noticed early."""


def prepare(settings: FiveKSettings, report: Callable[[str], None]) -> Prepared:
    """The prepared folder, made or found complete. `report` gets facts and warnings, a line each, as they become known.

    BadDataError with everything that is wrong with the photos; DataError when folders or lists are not there. The output folder
    is then not written; photos that were made by then stay in `settings.unfinished` for the next run.
    """
    _check_output(settings)
    found = survey(settings)
    facts = notes(found)
    for line in facts:
        report(line)
    if settings.output.is_dir() and any(settings.output.iterdir()):
        return _reuse_output(settings, found)
    photos = _make_all_photos(settings, found)
    manifest = _manifest(settings, found, photos)
    for line in manifest.warnings:
        report(f"warning: {line}")
    _finish(settings, replace(manifest, notes=facts))
    return load_prepared(settings.output)


def _check_output(settings: FiveKSettings) -> None:
    """DataError for folders with something else in them."""
    output, unfinished = settings.output, settings.unfinished
    if output.exists() and not output.is_dir():
        raise DataError(f"{output}: is a file; name a folder to make")
    if output.is_dir() and any(output.iterdir()) and not (output / MANIFEST).is_file():
        raise DataError(f"{output}: holds something else already; name a folder to make")
    is_ours = (unfinished / RECORDS).is_dir() or (unfinished / MANIFEST).is_file()
    if unfinished.is_dir() and any(unfinished.iterdir()) and not is_ours:
        raise DataError(f"{unfinished}: is not from an earlier run, but needed for the work; rename it")


def _reuse_output(settings: FiveKSettings, found: Survey) -> Prepared:
    if found.problems:
        raise BadDataError(found.problems)
    prepared = load_prepared(settings.output)
    if prepared.manifest.settings["plan"] != found.plan:
        raise DataError(f"{settings.output}: was made of other files or with other settings; remove it or choose another folder")
    _check_sources(prepared, list(found.sizes))
    return prepared


def _check_sources(prepared: Prepared, tasks: list[Task]) -> None:
    """DataError when a source has other content than the prepared photo was made of: uncompressed files keep their length."""
    made_of = {entry.file: entry.source_sha256 for entry in prepared.manifest.photos}
    digests = map_in_threads(lambda task: file_sha256(task.source), tasks, "comparing sources")
    changed = [task.source for task, digest in zip(tasks, digests, strict=True) if digest != made_of[task.file]]
    if changed:
        raise DataError(
            f"{prepared.folder}: {len(changed)} sources have changed since it was made, the first {changed[0]};"
            " remove it or choose another folder"
        )


def _make_all_photos(settings: FiveKSettings, found: Survey) -> list[Entry]:
    """All photos made, in the order of the tasks. BadDataError when one cannot be, or the folders are swapped."""
    sample = _sample(found.sizes)
    made = _make_photos([task for task in found.sizes if task.number in sample], "first photos", found, settings.unfinished)
    if are_swapped(role_means(_entries(made))):
        kind = (
            "folders that look swapped: the inputs are brighter and more colourful than the labels; check --inputs and --labels"
        )
        raise BadDataError([Problem(kind, f"{found.folders.inputs} and {found.folders.labels}"), *found.problems])
    made |= _make_photos([task for task in found.sizes if task not in made], "preparing", found, settings.unfinished)
    entries = _entries({task: made[task] for task in found.sizes})
    problems = [*found.problems, *(result for result in made.values() if isinstance(result, Problem)), *_duplicates(entries)]
    if problems:
        raise BadDataError(problems)
    return entries


def _sample(tasks: Iterable[Task]) -> set[int]:
    """Numbers of up to SAMPLE pairs, evenly spread."""
    pairs = sorted({task.number for task in tasks if task.role == "inputs"})
    return {pairs[i * len(pairs) // SAMPLE] for i in range(SAMPLE)} if len(pairs) > SAMPLE else set(pairs)


def _make_photos(tasks: list[Task], text: str, found: Survey, folder: Path) -> dict[Task, Entry | Problem]:
    def make(task: Task) -> Entry | Problem:
        return make_photo(task, found.sizes[task], found.headers[task], folder)

    return dict(zip(tasks, map_in_threads(make, tasks, text), strict=True))


def _entries(made: dict[Task, Entry | Problem]) -> list[Entry]:
    return [result for result in made.values() if isinstance(result, Entry)]


def _duplicates(entries: Sequence[Entry]) -> list[Problem]:
    """Sources of the same content: copies of one photo under two numbers, or an input that is its own label."""
    first: dict[str, Entry] = {}
    problems = []
    for entry in entries:
        earlier = first.setdefault(entry.source_sha256, entry)
        if (earlier.role, earlier.source) != (entry.role, entry.source):  # the same file twice is the lists' fault
            kind = "files with the same content; each photo may be there once"
            problems.append(Problem(kind, f"{earlier.role} {earlier.source} = {entry.role} {entry.source}"))
    return problems


def _manifest(settings: FiveKSettings, found: Survey, photos: list[Entry]) -> Manifest:
    return Manifest(
        size=settings.size,
        splits=found.splits.described,
        paper_splits=found.splits.from_lists,
        settings={
            "inputs": str(found.folders.inputs),
            "labels": str(found.folders.labels),
            "splits": None if settings.splits is None else str(settings.splits),
            "plan": found.plan,
        },
        libraries={"deep-photo-enhancer": __version__, "libvips": ".".join(str(pyvips.version(part)) for part in range(3))},
        photos=photos,
        warnings=warnings(found, photos, settings.size),
    )


def _finish(settings: FiveKSettings, manifest: Manifest) -> None:
    """Write the lists, remove what an earlier run with other settings left, and give the folder its name."""
    folder = settings.unfinished
    wanted = {entry.file for entry in manifest.photos}
    try:
        for path in folder.rglob("*"):
            name = path.relative_to(folder)
            if path.is_file() and name.parts[0] != RECORDS and name.as_posix() not in wanted:
                path.unlink()
        names = sorted(Path(entry.file).name for entry in manifest.photos if (entry.role, entry.split) == ("labels", "test"))
        _write(folder / TEST_LIST, "".join(f"{name}\n" for name in names))
        _write(folder / MANIFEST, manifest.text())
        shutil.rmtree(folder / RECORDS, ignore_errors=True)  # a run that was killed here has none any more
        if settings.output.is_dir():
            settings.output.rmdir()
        folder.rename(settings.output)
        remove_list(settings.problem_list)
    except OSError as error:
        raise DataError(f"{settings.output}: cannot write there: {error.strerror or error}; choose another folder") from error


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
