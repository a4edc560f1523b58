"""Which photo goes where."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from deep_photo_enhancer.enhancement.batch.job import Existing, Job
from deep_photo_enhancer.enhancement.batch.names import comparison_names, name_key, number_names, output_names
from deep_photo_enhancer.enhancement.batch.tree import walk
from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import PHOTO_SUFFIXES, RAW_SUFFIXES, SAVERS, output_suffix
from deep_photo_enhancer.photo.containers.detect import HEAD, detect
from deep_photo_enhancer.system.files import is_stream, realpath, shorten

Sources = dict[tuple[Path, str], Path]
"""By folder of outputs and name there, in the form of `name_key`: the photo."""


class Plan:
    """The jobs for files and folders, found again, folder by folder, each time that it is iterated over.

    Files go into the output folder under their own names; folders keep their tree below it. One file goes to `output` itself when
    that has a photo's suffix, unless `into_folder`. `suffix` is that of the outputs, by default the input's, and .jpg for RAW.
    With `compare`, NAME-compare.jpg beside each output shows before and after. With existing="rename", outputs get names that
    are free. A folder without photos is a problem unless it is `watched`: photos may come.

    PhotoError, also while iterating, when an input would be overwritten, or when photos of different folders would have the same
    output. Iterating over folders that are watched never ends so: the photo that came later has it as its problem.
    """

    ignored = 0
    """Files, links and hidden folders that the last iteration passed by."""

    def __init__(
        self,
        photos: Sequence[Path],
        output: Path,
        compare: bool = False,
        existing: Existing | None = None,
        suffix: str | None = None,
        watched: bool = False,
        into_folder: bool = False,
    ) -> None:
        self._output, self._compare, self._suffix = output, compare, suffix
        self._watched = watched
        self._sources: Sources = {}
        self._folders = list(dict.fromkeys(path for path in photos if path.is_dir()))
        self._files = list(dict.fromkeys(path for path in photos if path not in self._folders))
        self._into_file = len(photos) == 1 and not self._folders and not into_folder and _names_a_file(output)
        if self._into_file and suffix is not None and output_name(output.name, suffix) != output.name:
            raise PhotoError(f"{output}: is not the name of a {suffix[1:]} file; change the name or the format")
        if self._into_file:
            _check_file(output, existing)
        else:
            _check_folder(output, into_folder)
        self.existing: Existing = existing or ("overwrite" if self._into_file else "skip")
        """What to do with outputs that are there; without a choice, those of a folder are skipped, a single file is replaced."""

    def __iter__(self) -> Iterator[Job]:
        inputs = _Inputs(self._files, self._folders, self._output)
        if not self._watched:
            yield from self._checked(inputs, {})
            return
        for output, jobs in self._groups():
            yield from (self._or_problem(job, realpath(output), inputs) for job in jobs)

    def check(self) -> int:
        """How many jobs there are. PhotoError when that cannot be, also for folders that are watched."""
        inputs = _Inputs(self._files, self._folders, self._output)
        return sum(1 for _ in self._checked(inputs, {}))

    def _checked(self, inputs: _Inputs, sources: Sources) -> Iterator[Job]:
        is_one_tree = len(self._folders) == 1 and not self._files  # then each folder has outputs of its own
        for output, jobs in self._groups():
            folder = realpath(output)
            planned = [job for job in jobs if job.problem is None]
            inputs.protect(folder, [path for job in planned for path in job.written])
            _refuse_clashes(planned, folder, {} if is_one_tree else sources)
            yield from jobs

    def _or_problem(self, job: Job, folder: Path, inputs: _Inputs) -> Job:
        """The job, or why it cannot be. An output belongs to the folder of the first photo that it was planned for."""
        if job.problem is not None:
            return job
        try:
            inputs.protect(folder, job.written)
            for path in job.written:
                first = self._sources.setdefault((folder, name_key(path.name)), job.source)
                if first.parent != job.source.parent:
                    raise _clash(job.source, first, path)
        except PhotoError as error:
            return Job(job.source, job.output, str(error))
        return job

    def _groups(self) -> Iterator[tuple[Path, list[Job]]]:
        """The jobs that share a folder of outputs, and that folder."""
        self.ignored = 0
        if self._into_file:
            yield self._output.parent, self._jobs(self._files, self._output.parent)
        elif self._files:
            yield self._output, self._jobs(self._files, self._output)
        for root in self._folders:
            yield from self._tree(root)

    def _tree(self, root: Path) -> Iterator[tuple[Path, list[Job]]]:
        real_root, real_output = realpath(root), realpath(self._output)
        is_empty = True
        for folder in walk(root, is_photo, real_output if real_root in real_output.parents else None):
            self.ignored += folder.ignored
            output = self._output / folder.below
            if folder.problem is not None:
                yield output, [Job(root / folder.below, output, folder.problem)]
            elif folder.photos:
                yield output, self._jobs([root / folder.below / name for name in folder.photos], output)
            is_empty = is_empty and not folder.photos and folder.problem is None
        if is_empty and not self._watched:
            yield self._output, [Job(root, self._output, f"{root}: no photos in this folder ({', '.join(SAVERS)})")]

    def _jobs(self, photos: Sequence[Path], output: Path) -> list[Job]:
        if self._into_file:
            wanted = chosen = {photo.name: self._output.name for photo in photos}
        else:
            wanted = {photo.name: output_name(photo.name, self._suffix) for photo in photos}
            chosen = output_names(wanted)
        shared = {name_key(first) for name, first in wanted.items() if chosen[name] != first}
        names = [chosen[photo.name] for photo in photos]
        if self.existing == "rename":
            names = number_names(names, _names_in(output))
        comparisons = [output / name for name in comparison_names(names)] if self._compare else [None] * len(names)
        return [
            Job(photo, output / name, None, comparison, name_key(name) in shared)
            for photo, name, comparison in zip(photos, names, comparisons, strict=True)
        ]


class _Inputs:
    """The files and the trees of a run, which are never overwritten.

    What the folder `output` holds, when it lies in one of the trees, is no input.
    """

    def __init__(self, files: Sequence[Path], folders: Sequence[Path], output: Path) -> None:
        self._files = {realpath(path) for path in files} | {realpath(path.parent) / path.name for path in files}
        self._roots = [realpath(folder) for folder in folders]
        self._output = realpath(output)

    def protect(self, folder: Path, written: Sequence[Path]) -> None:
        """PhotoError when one of the paths, all of them in `folder` (a real path), is an input."""
        for path in written:
            named = folder / path.name
            target = realpath(path) if self._files or path.is_symlink() else named  # a link is written through
            if not self._files.isdisjoint((named, target)) or any(map(self._is_in_trees, {named, target})):
                raise PhotoError(f"{path}: is one of the photos to enhance and would be overwritten; choose another output")

    def _is_in_trees(self, path: Path) -> bool:
        return any(self._holds(root, path.parent) for root in self._roots) and is_photo(path.name) and os.path.lexists(path)

    def _holds(self, root: Path, folder: Path) -> bool:
        is_left_out = root in self._output.parents and _lies_in(folder, self._output)
        return _lies_in(folder, root) and not is_left_out


def _lies_in(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents


def is_photo(name: str) -> bool:
    """Whether a name in a folder is that of a photo."""
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 (a path for each of many thousands of names takes longer)
    return suffix in PHOTO_SUFFIXES


def output_name(name: str, suffix: str | None = None) -> str:
    """The name of a photo's output in a folder: its own where that tells the format, else with another suffix.

    A suffix that is none of a photo's is part of the name.
    """
    stem, own = os.path.splitext(name)  # noqa: PTH122 (as above)
    if suffix is not None and SAVERS.get(own.lower()) == SAVERS[suffix]:
        return name
    return shorten(stem if is_photo(name) else name, suffix or output_suffix(own))


NOT_WRITTEN = frozenset({".bmp", ".gif", ".exr", ".psd", ".pdf", ".svg"})
"""Suffixes of pictures that a user would not give to a folder."""


def _names_a_file(output: Path) -> bool:
    return output.suffix.lower() in SAVERS and not output.is_dir()


def _check_file(output: Path, existing: Existing | None) -> None:
    """PhotoError where the output would replace, without a word about it, what is no photo."""
    if existing is None and holds_no_photo(output):
        raise PhotoError(f"{output}: already exists and is no photo; choose another name, or add --existing overwrite")


def holds_no_photo(path: Path) -> bool:
    """Whether a path is that of a file with something else in it than a photo. OSError when it cannot be read."""
    if is_stream(path) or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(HEAD)
    return bool(head) and detect(head, path.suffix.lower()) is None


def _check_folder(output: Path, is_folder: bool) -> None:
    if is_folder and not output.is_file():
        return
    if output.suffix.lower() in RAW_SUFFIXES | NOT_WRITTEN and not output.is_dir():
        raise PhotoError(f"{output}: cannot write {output.suffix}; use one of {', '.join(SAVERS)}")
    if output.is_file() or _names_a_file(output):
        raise PhotoError(f"{output}: names a file; name an output folder, or a file of {', '.join(SAVERS)} for one photo")


def _refuse_clashes(jobs: Sequence[Job], folder: Path, sources: Sources) -> None:
    for job in jobs:
        for path in job.written:
            first = sources.setdefault((folder, name_key(path.name)), job.source)
            if first is not job.source:
                raise _clash(job.source, first, path)


def _clash(photo: Path, first: Path, output: Path) -> PhotoError:
    return PhotoError(f"{photo} and {first} would both become {output}; enhance them into different folders")


def _names_in(folder: Path) -> set[str]:
    try:
        with os.scandir(folder) as entries:
            return {name_key(entry.name) for entry in entries}
    except OSError:
        return set()
