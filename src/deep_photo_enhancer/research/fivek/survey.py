"""Everything that can be known before a photo is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.fivek.layout import FiveKSettings, Folders, NumberedPhotos, find_folders, number_photos, stem
from deep_photo_enhancer.research.fivek.manifest import fingerprint
from deep_photo_enhancer.research.fivek.problems import Problem
from deep_photo_enhancer.research.fivek.source import UNREADABLE, Header, pair_size, read_header
from deep_photo_enhancer.research.fivek.splits import Splits, Task, plan, read_splits, split_by_number, unmatched_photos
from deep_photo_enhancer.system.extras import install_command
from deep_photo_enhancer.system.progress import map_in_threads


@dataclass(frozen=True)
class Survey:
    """What there is, what is to be made of it, and what is wrong so far."""

    folders: Folders
    splits: Splits
    tasks: list[Task]
    headers: dict[Task, Header | None]
    """None for raw files, and for those that cannot be read."""
    sizes: dict[Task, tuple[int, int]]
    """Width and height to make, of the photos that can be prepared."""
    problems: list[Problem]
    ignored: int
    """Photos without a FiveK number."""

    @property
    def plan(self) -> str:
        """Identifies what is made of which files, wherever they lie."""
        return fingerprint(
            (task.file, task.name, task.source.stat().st_size, *size) for task, size in self.sizes.items() if task.source.exists()
        )


def survey(settings: FiveKSettings) -> Survey:
    """Looks for the folders, reads the lists and every file's header. DataError when that leads nowhere."""
    folders = find_folders(settings)
    splits = read_splits(settings.splits) if settings.splits else None
    inputs, labels = number_photos(folders.inputs, "inputs"), number_photos(folders.labels, "labels")
    problems: list[Problem] = []
    if splits is None:
        splits = split_by_number(inputs.photos.keys() & labels.photos.keys())
        problems += unmatched_photos(folders, inputs, labels)
    tasks, more = plan(splits, folders, inputs, labels)
    problems += more
    if any(task.is_raw for task in tasks) and find_spec("rawpy") is None:
        raise DataError(f"{folders.inputs}: raw files need LibRaw; {install_command('raw')}")
    found = map_in_threads(lambda task: None if task.is_raw else read_header(task.source), tasks, "reading headers")
    headers = dict(zip(tasks, found, strict=True))
    problems += _problems_of_headers(headers)
    sizes, more = _sizes(headers, settings.size)
    return Survey(folders, splits, tasks, headers, sizes, [*problems, *more], _ignored(inputs, labels))


def _ignored(*folders: NumberedPhotos) -> int:
    return sum(folder.ignored for folder in folders)


def _problems_of_headers(headers: dict[Task, Header | None]) -> list[Problem]:
    unreadable = [task for task, header in headers.items() if header is None and not task.is_raw]
    unusable = [(task, header) for task, header in headers.items() if header is not None and not header.profile_is_usable]
    kind = "files whose colour profile cannot be used; export them again as sRGB"
    return [
        *(Problem(UNREADABLE, str(task.source)) for task in unreadable),
        *(Problem(kind, f"{task.source} ({header.profile})") for task, header in unusable),
    ]


def _sizes(headers: dict[Task, Header | None], side: int) -> tuple[dict[Task, tuple[int, int]], list[Problem]]:
    """The size of each photo that can be prepared; both photos of a pair get the same."""
    pairs: dict[int, list[Task]] = {}
    for task in headers:
        pairs.setdefault(task.number, []).append(task)
    sizes: dict[Task, tuple[int, int]] = {}
    problems = []
    for number, tasks in pairs.items():
        known = [(task, header) for task in tasks if (header := headers[task]) is not None]
        if not known:  # an unreadable file, or a raw one without its label
            continue
        x, y = known[0][1] if len(known) == 2 else None, known[-1][1]
        size = pair_size(x, y, side)
        if size is None:
            kind = "pairs of different shapes; was one of them cropped or turned?"
            shapes = " and ".join(f"{header.width} x {header.height}" for _, header in known)
            problems.append(Problem(kind, f"{stem(number)} ({shapes})"))
        else:
            sizes.update({task: size for task in tasks if task.is_raw or headers[task] is not None})
    return sizes, problems
