"""Which photo goes where."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from deep_photo_enhancer.enhancement.batch.beside import ENDING, earlier_folders, earlier_outputs, folder_beside
from deep_photo_enhancer.enhancement.batch.inputs import Inputs
from deep_photo_enhancer.enhancement.batch.job import Existing, Job
from deep_photo_enhancer.enhancement.batch.names import comparison_names, name_key, number_names, output_names
from deep_photo_enhancer.enhancement.batch.passed import EARLIER, OTHER_PICTURES, Passed, list_passed
from deep_photo_enhancer.enhancement.batch.tree import walk
from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import FORMAT_NAMES, PHOTO_SUFFIXES, RAW_SUFFIXES, SAVERS, output_suffix
from deep_photo_enhancer.photo.containers.detect import HEAD, detect
from deep_photo_enhancer.system.files import is_stream, realpath, shorten

Sources = dict[tuple[Path, str], Path]
"""By folder of outputs and name there, in the form of `name_key`: the photo."""


class Plan:
    """The jobs for files and folders, found again, folder by folder, each time that it is iterated over.

    Files go into the output folder under their own names; folders keep their tree below it. One file goes to `output` itself when
    that has a photo's suffix, unless `into_folder`. Without an output, a.jpg becomes a-enhanced.jpg beside it, and the tree of a
    folder goes into NAME-enhanced beside it. What has such a name, and its photo or folder beside it, is never an input.
    `suffix` is that of the outputs, by default the input's, and .jpg for RAW. With `compare`, NAME-compare.jpg beside each output
    shows before and after. With existing="rename", outputs get names that are free. A folder without photos is a problem unless
    it is `watched`: photos may come.

    PhotoError, also while iterating, when an input would be overwritten, or when photos of different folders would have the same
    output. Iterating over folders that are watched never ends so: the photo that came later has it as its problem.
    """

    passed: Passed
    """What the last iteration passed by."""

    def __init__(
        self,
        photos: Sequence[Path],
        output: Path | None = None,
        compare: bool = False,
        existing: Existing | None = None,
        suffix: str | None = None,
        watched: bool = False,
        into_folder: bool = False,
    ) -> None:
        self._output, self._compare, self._suffix = output, compare, suffix
        self._watched = watched
        self._sources: Sources = {}
        folders = list(dict.fromkeys(path for path in photos if path.is_dir()))
        files = list(dict.fromkeys(path for path in photos if path not in folders))
        self._files, self._folders = _without(files, earlier_outputs), _without(folders, earlier_folders)
        self._left_out = len(files) + len(folders) - len(self._files) - len(self._folders)
        self.passed = Counter()
        is_single = len(photos) == 1 and not self._folders and not into_folder
        self._into_file = output is not None and is_single and _names_a_file(output)
        if output is not None:
            _check_output(output, existing, suffix, is_single, into_folder)
        self.existing: Existing = existing or ("overwrite" if self._into_file else "update")
        """What to do with outputs that are there; without a choice, a single file is replaced, others are brought up to date."""

    @property
    def targets(self) -> list[Path]:
        """The files and folders that outputs are written to, as far as the command line names them."""
        if self._output is not None and not self._into_file:
            return [self._output]
        return [*(job.output for _, jobs in self._file_groups() for job in jobs), *map(folder_beside, self._folders)]

    def __iter__(self) -> Iterator[Job]:
        inputs = self._inputs()
        if not self._watched:
            yield from self._checked(inputs, {})
            return
        for output, jobs in self._groups():
            yield from (self._or_problem(job, realpath(output), inputs) for job in jobs)

    def check(self) -> int:
        """How many jobs there are. PhotoError when that cannot be, also for folders that are watched."""
        return sum(1 for _ in self._checked(self._inputs(), {}))

    def _inputs(self) -> Inputs:
        return Inputs(self._files, self._folders, self._output, is_photo)

    def _checked(self, inputs: Inputs, sources: Sources) -> Iterator[Job]:
        is_one_tree = len(self._folders) == 1 and not self._files  # then each folder has outputs of its own
        for output, jobs in self._groups():
            folder = realpath(output)
            planned = [job for job in jobs if job.problem is None]
            inputs.protect(folder, [path for job in planned for path in job.written])
            _refuse_clashes(planned, folder, {} if is_one_tree else sources)
            yield from jobs

    def _or_problem(self, job: Job, folder: Path, inputs: Inputs) -> Job:
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
        self.passed = Counter({EARLIER: self._left_out})
        yield from self._file_groups()
        for root in self._folders:
            yield from self._tree(root, self._output or folder_beside(root))

    def _file_groups(self) -> Iterator[tuple[Path, list[Job]]]:
        if self._output is None:
            for folder, files in _by_folder(self._files).items():
                yield folder, self._jobs(files, folder, ENDING)
        elif self._into_file:
            yield self._output.parent, self._jobs(self._files, self._output.parent)
        elif self._files:
            yield self._output, self._jobs(self._files, self._output)

    def _tree(self, root: Path, target: Path) -> Iterator[tuple[Path, list[Job]]]:
        real_root, real_target = realpath(root), realpath(target)
        passed: Passed = Counter()
        is_empty = True
        for folder in walk(root, is_photo, real_target if real_root in real_target.parents else None):
            passed += folder.passed
            output = target / folder.below
            if folder.problem is not None:
                yield output, [Job(root / folder.below, output, folder.problem)]
            elif folder.photos:
                yield output, self._jobs([root / folder.below / name for name in folder.photos], output)
            is_empty = is_empty and not folder.photos and folder.problem is None
        self.passed += passed
        if is_empty and not self._watched:
            yield target, [Job(root, target, f"{root}: {_describe_empty(passed)}")]

    def _jobs(self, photos: Sequence[Path], output: Path, ending: str = "") -> list[Job]:
        if self._output is not None and self._into_file:
            wanted = chosen = {photo.name: self._output.name for photo in photos}
        else:
            wanted = {photo.name: output_name(photo.name, self._suffix, ending) for photo in photos}
            chosen = output_names(wanted, ending)
        shared = {name_key(first) for name, first in wanted.items() if chosen[name] != first}
        names = [chosen[photo.name] for photo in photos]
        if self.existing == "rename":
            names = number_names(names, _names_in(output))
        comparisons = [output / name for name in comparison_names(names)] if self._compare else [None] * len(names)
        return [
            Job(photo, output / name, None, comparison, name_key(name) in shared, self._output is None)
            for photo, name, comparison in zip(photos, names, comparisons, strict=True)
        ]


def _without(paths: Sequence[Path], outputs: Callable[[Iterable[str]], frozenset[str]]) -> list[Path]:
    """The paths but those that have the name of another one's output, as where a pattern named both."""
    left_out = {folder: outputs(path.name for path in group) for folder, group in _by_folder(paths).items()}
    return [path for path in paths if path.name not in left_out[path.parent]]


def _by_folder(paths: Sequence[Path]) -> dict[Path, list[Path]]:
    groups: dict[Path, list[Path]] = {}
    for path in paths:
        groups.setdefault(path.parent, []).append(path)
    return groups


def _describe_empty(passed: Passed) -> str:
    if not passed:
        return "this folder is empty; name one with photos"
    return f"no photos in this folder, only {list_passed(passed)}; photos are {FORMAT_NAMES}"


def is_photo(name: str) -> bool:
    """Whether a name in a folder is that of a photo."""
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 (a path for each of many thousands of names takes longer)
    return suffix in PHOTO_SUFFIXES


def output_name(name: str, suffix: str | None = None, ending: str = "") -> str:
    """The name of a photo's output in a folder: its own where that tells the format, else with another suffix.

    A suffix that is none of a photo's is part of the name. ending: what comes before the suffix.
    """
    stem, own = os.path.splitext(name)  # noqa: PTH122 (as above)
    is_kept = suffix is not None and SAVERS.get(own.lower()) == SAVERS[suffix]
    return shorten(stem if is_photo(name) else name, ending + (own if is_kept else suffix or output_suffix(own)))


def _names_a_file(output: Path) -> bool:
    return output.suffix.lower() in SAVERS and not output.is_dir()


def _check_output(output: Path, existing: Existing | None, suffix: str | None, is_single: bool, into_folder: bool) -> None:
    """PhotoError where the name fits neither a file nor a folder of outputs, or is that of something else."""
    if not (is_single and _names_a_file(output)):
        _check_folder(output, is_single, into_folder)
    elif suffix is not None and output_name(output.name, suffix) != output.name:
        raise PhotoError(f"{output}: is not the name of a {suffix[1:]} file; change the name or the format")
    elif existing is None and holds_no_photo(output):
        raise PhotoError(f"{output}: already exists and is no photo; choose another name, or add --existing overwrite")


def holds_no_photo(path: Path) -> bool:
    """Whether a path is that of a file with something else in it than a photo. OSError when it cannot be read."""
    if is_stream(path) or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(HEAD)
    return bool(head) and detect(head, path.suffix.lower()) is None


def _check_folder(output: Path, is_single: bool, is_folder: bool) -> None:
    if output.is_dir() or (is_folder and not output.is_file()):
        return
    own = output.suffix.lower()
    if own in RAW_SUFFIXES | OTHER_PICTURES.keys() or (is_single and own and not output.is_file()):
        raise PhotoError(f"{output}: cannot write {output.suffix}; use one of {', '.join(SAVERS)}, or end a folder's name with /")
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
