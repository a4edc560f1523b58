"""A study's folder: copies of the photos under names that say nothing, and the list of what they are.

study/study.json           systems, photos, and which picture is which
study/pictures/<id>.jpg    what the participants see
study/votes.sqlite         what they chose
"""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

from deep_photo_enhancer.errors import DataError, PhotoError
from deep_photo_enhancer.photo.small_copies import fitted, sized_copy, upright_size
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.research.study.folders import PhotoVersions, Size, match_folders, shape_problems
from deep_photo_enhancer.system.progress import map_in_threads
from deep_photo_enhancer.system.text import one_line

LONG_SIDE = 1600
"""Pixels: more than half of a screen shows."""
QUALITY = 95
"""Of the JPEGs: their losses cannot be seen."""
_LIST, _PICTURES = "study.json", "pictures"


@dataclass(frozen=True)
class Picture:
    """What a picture shows and who made it."""

    photo: str
    system: str


@dataclass(frozen=True)
class Study:
    """Photos by several systems, ready to be shown."""

    folder: Path
    systems: tuple[str, ...]
    pictures: dict[str, Picture]
    """By id, which says nothing; for each photo one of every system, in their order."""

    @property
    def votes_file(self) -> Path:
        """The database of votes."""
        return self.folder / "votes.sqlite"

    def picture_file(self, id: str) -> Path:
        """Of an id of `pictures`."""
        return self.folder / _PICTURES / f"{id}.jpg"

    def photos(self) -> dict[str, dict[str, str]]:
        """For each photo the id of each system's picture."""
        photos: dict[str, dict[str, str]] = {}
        for id, picture in self.pictures.items():
            photos.setdefault(picture.photo, {})[picture.system] = id
        return photos


def make_study(folders: Sequence[Path], output: Path) -> Study:
    """Write a study of the photos in a folder for each system into a new folder, complete or not at all.

    The versions of a photo get one size, that of the smallest, at most 1600 pixels long; sRGB, without metadata.
    DataError lists all that is wrong with the photos, or says that the output cannot be written.
    """
    found = match_folders(folders)
    try:
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            raise DataError(f"{output}: already exists; choose a new folder, or remove this one with its votes")
        output.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=output.parent, prefix=f".{output.name[:40]}-") as unfinished:
            made = Path(unfinished) / "study"
            _write(found, made)
            if output.exists():
                output.rmdir()
            made.rename(output)
    except OSError as error:
        raise DataError(f"{output}: cannot write there: {error.strerror or error}; choose another folder") from error
    return load_study(output)


def _write(found: PhotoVersions, folder: Path) -> None:
    (folder / _PICTURES).mkdir(parents=True)
    write = partial(_write_versions, folder=folder / _PICTURES)
    results = map_in_threads(write, list(found.versions.values()), "reading photos")
    problems = [*found.problems, *(problem for _, of_photo in results for problem in of_photo)]
    if problems:
        raise DataError(f"{len(problems)} problems with the study's photos:\n  " + "\n  ".join(map(one_line, problems)))
    photos = {photo: ids for photo, (ids, _) in zip(found.versions, results, strict=True)}
    content = json.dumps({"systems": found.systems, "photos": photos}, indent=1, ensure_ascii=False)
    (folder / _LIST).write_text(content + "\n", encoding="utf-8")


def _write_versions(versions: dict[str, Path], folder: Path) -> tuple[list[str], list[str]]:
    """The ids of one photo's pictures, and what is wrong with them."""
    sizes: dict[Path, Size] = {}
    problems: list[str] = []
    for path in versions.values():
        try:
            sizes[path] = upright_size(path)
        except PhotoError as error:
            problems.append(str(error))
    if not sizes:
        return [], problems
    problems += shape_problems(sizes)
    size = fitted(min(sizes.values()), LONG_SIDE)
    ids: list[str] = []
    for path in sizes:
        ids.append(secrets.token_hex(16))
        try:
            (folder / f"{ids[-1]}.jpg").write_bytes(_jpeg(path, size))
        except PhotoError as error:
            problems.append(str(error))
    return ids, problems


def _jpeg(path: Path, size: Size) -> bytes:
    jpeg: bytes = vips_image(sized_copy(path, *size)).jpegsave_buffer(Q=QUALITY, subsample_mode="off", keep="none")
    return jpeg


def load_study(folder: Path) -> Study:
    """A study that `make_study` wrote. DataError when there is none."""
    try:
        content = json.loads((folder / _LIST).read_text(encoding="utf-8"))
        systems = tuple(map(str, content["systems"]))
        pictures = {
            str(id): Picture(photo, system)
            for photo, ids in content["photos"].items()
            for system, id in zip(systems, ids, strict=True)
        }
    except OSError as error:
        raise DataError(f"{folder}: no study there; make one with dpe study A B -o {folder}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{folder / _LIST}: damaged; make the study again") from error
    return Study(folder, systems, pictures)


def pairs_for(study: Study, participant: str) -> list[tuple[str, str]]:
    """All pairs of versions as ids of the left and the right picture; always the same for the same participant.

    In random order. Of each two systems, either is on the left for half of the photos.
    """
    rng = random.Random(participant)
    photos = list(study.photos().values())
    pairs: list[tuple[str, str]] = []
    for systems in combinations(study.systems, 2):
        first = rng.randrange(2)
        swapped = [(first + number) % 2 == 1 for number in range(len(photos))]
        rng.shuffle(swapped)
        for photo, swap in zip(photos, swapped, strict=True):
            left, right = reversed(systems) if swap else systems
            pairs.append((photo[left], photo[right]))
    rng.shuffle(pairs)
    return pairs
