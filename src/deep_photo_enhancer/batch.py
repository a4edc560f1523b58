"""Many photos: which file goes where, and a line for each that fails while the others go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deep_photo_enhancer.enhancer import Enhancer
from deep_photo_enhancer.errors import DPEError, PhotoError
from deep_photo_enhancer.photo import SAVERS, Photo, load_photo, vips_image

COMPARE_SIDE = 1600
"""Long side of each half of a comparison, in pixels."""


@dataclass(frozen=True)
class Job:
    """One photo to enhance."""

    source: Path
    output: Path


@dataclass(frozen=True)
class Outcome:
    """What became of one job."""

    job: Job
    error: str | None = None
    warnings: tuple[str, ...] = ()


def plan_jobs(photos: Sequence[Path], output: Path) -> list[Job]:
    """Files go into the output folder under their own names; folders keep their tree below it.

    One file goes to `output` itself when that has a photo's suffix. PhotoError when a folder holds no photos, when an input would
    be overwritten, or when two inputs would have the same output.
    """
    if len(photos) == 1 and not photos[0].is_dir() and output.suffix.lower() in SAVERS and not output.is_dir():
        jobs = [Job(photos[0], output)]
    else:
        if output.is_file():
            raise PhotoError(f"{output}: is a file; several photos need an output folder")
        jobs = [job for path in photos for job in _jobs_of(path, output)]
    _refuse_clashes(jobs)
    return jobs


def run_jobs(jobs: Iterable[Job], enhancer: Enhancer, strength: float = 1.0, compare: bool = False) -> Iterator[Outcome]:
    """Enhance photo after photo; an error ends only its own photo. With `compare`, NAME-compare.jpg shows before and after."""
    for job in jobs:
        try:
            photo = load_photo(job.source)
            enhanced = enhancer.enhance_photo(photo, strength)
            enhanced.save(job.output)
            if compare:
                side_by_side(photo, enhanced).save(job.output.with_name(f"{job.output.stem}-compare.jpg"))
            yield Outcome(job, warnings=photo.warnings)
        except DPEError as error:
            yield Outcome(job, error=str(error))
        except MemoryError:
            yield Outcome(job, error=f"{job.source}: too large for this machine's memory; scale it down first")


def side_by_side(before: Photo, after: Photo) -> Photo:
    """Both photos, scaled down if large, next to each other in the photo's colour space, with a white gap."""
    halves = [_scaled(photo) for photo in (before, after)]
    gap = np.full_like(halves[0][:, :8], 255)
    return Photo(np.concatenate([halves[0], gap, halves[1]], 1), profile=before.profile)


def _scaled(photo: Photo) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    image = vips_image(photo.pixels)
    image = image.resize(min(1.0, COMPARE_SIDE / max(photo.size)))
    if image.format == "ushort":
        image = (image / 257).cast("uchar")
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = image.numpy().reshape(image.height, image.width, image.bands)
    return pixels


def _jobs_of(path: Path, output: Path) -> Iterator[Job]:
    if not path.is_dir():
        yield Job(path, output / _writable_name(path))
        return
    out = output.resolve()
    found = [
        file
        for file in sorted(path.rglob("*"))
        if file.suffix.lower() in SAVERS
        and file.is_file()
        and not file.name.startswith(".")
        and out not in file.resolve().parents
    ]
    if not found:
        raise PhotoError(f"{path}: no photos in this folder ({', '.join(SAVERS)})")
    for file in found:
        yield Job(file, output / file.relative_to(path))


def _writable_name(path: Path) -> str:
    return path.name if path.suffix.lower() in SAVERS else f"{path.name}.jpg"


def _refuse_clashes(jobs: Sequence[Job]) -> None:
    inputs = {job.source.resolve() for job in jobs}
    outputs: dict[Path, Path] = {}
    for job in jobs:
        target = job.output.resolve()
        if target in inputs:
            raise PhotoError(f"{job.output}: is one of the photos to enhance and would be overwritten; choose another output")
        if target in outputs:
            raise PhotoError(
                f"{job.source} and {outputs[target]} would both become {job.output}; enhance them one after the other"
            )
        outputs[target] = job.source
