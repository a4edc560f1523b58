"""What a training run makes of a folder of photos, in files: for a study, or to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.photo import Photo
from deep_photo_enhancer.research.evaluation.pairs import Pair, raise_all, read, shape, unreadable_photos
from deep_photo_enhancer.research.evaluation.runs import TrainedRun
from deep_photo_enhancer.system.progress import show_progress
from deep_photo_enhancer.training.data.files import find_photos


def write_pictures(run: TrainedRun, folder: Path, output: Path) -> int:
    """Write what a run makes of each photo below a folder as PNG below output, the tree kept; returns how many.

    Photos are scaled down to the long side S of the run, as in its training. DataError, before any work, lists everything wrong
    with the photos, and says when output holds something.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise DataError(f"{output}: already exists and is not an empty folder; choose another one")
    side = run.network.config.image_size
    photos = find_photos([folder])
    targets = {photo: output / photo.relative_to(folder).with_suffix(".png") for photo in photos}
    raise_all([*_small_photos(photos, side), *_clashes(targets), *unreadable_photos(photos, side)])
    for photo, target in show_progress(targets.items(), "enhancing", len(photos)):
        x = read(photo, side)
        target.parent.mkdir(parents=True, exist_ok=True)
        Photo(run(Pair(photo.stem, x, x))).save(target)
    return len(photos)


def _small_photos(photos: Sequence[Path], side: int) -> list[str]:
    shapes = {photo: shape(photo, side) for photo in photos}
    return [
        f"{photo}: its long side is {max(found)} pixels, and the run takes {side}; leave it out"
        for photo, found in shapes.items()
        if found is not None and max(found) != side
    ]


def _clashes(targets: dict[Path, Path]) -> list[str]:
    """Photos that differ in their suffixes alone would become the same picture."""
    first: dict[Path, Path] = {}
    return [
        f"{photo}: has the same name as {first[target]}; rename or remove one"
        for photo, target in targets.items()
        if first.setdefault(target, photo) != photo
    ]
