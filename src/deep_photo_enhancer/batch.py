"""Many photos: which file goes where, and a line for each that fails while the others go on."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from deep_photo_enhancer.enhancer import Enhancer
from deep_photo_enhancer.errors import DPEError, PhotoError
from deep_photo_enhancer.photo import OTHER_FORMATS, SAVERS, Photo, load_photo
from deep_photo_enhancer.vips import vips_image

AHEAD = 16
"""Photos for each of those at work that are begun before the outcome of the first is told: one slow photo holds up nothing."""
COMPARE_SIDE = 1600
"""Long side of each half of a comparison, in pixels."""


@dataclass(frozen=True)
class Job:
    """One photo to enhance."""

    source: Path
    output: Path
    problem: str | None = None
    """Why there is nothing to enhance; None for a photo."""
    comparison: Path | None = None
    """Where to show the photo before and after, side by side; None for nowhere."""


@dataclass(frozen=True)
class Outcome:
    """What became of one job."""

    job: Job
    error: str | None = None
    warnings: tuple[str, ...] = ()


def plan_jobs(photos: Sequence[Path], output: Path, compare: bool = False) -> list[Job]:
    """Files go into the output folder under their own names; folders keep their tree below it.

    One file goes to `output` itself when that has a photo's suffix. With `compare`, NAME-compare.jpg beside each output shows
    before and after. PhotoError when an input would be overwritten, or when two inputs would have the same output.
    """
    try:
        jobs = _plan(photos, output)
    except OSError as error:
        raise PhotoError(f"{error.filename}: cannot look there: {error.strerror}; check the name") from error
    if compare:
        jobs = [replace(job, comparison=job.output.with_name(f"{job.output.stem}-compare.jpg")) for job in jobs]
    _refuse_clashes(jobs)
    return jobs


def _plan(photos: Sequence[Path], output: Path) -> list[Job]:
    if len(photos) == 1 and not photos[0].is_dir() and output.suffix.lower() in SAVERS and not output.is_dir():
        return [Job(photos[0], output)]
    if output.suffix.lower() in OTHER_FORMATS and not output.is_dir():
        raise PhotoError(f"{output}: cannot write {output.suffix}; use one of {', '.join(SAVERS)}")
    if output.is_file() or (output.suffix.lower() in SAVERS and not output.is_dir()):
        raise PhotoError(f"{output}: names a file; name an output folder, or a file of {', '.join(SAVERS)} for one photo")
    return [job for path in photos for job in _jobs_of(path, output)]


def run_jobs(jobs: Iterable[Job], enhancer: Enhancer, strength: float = 1.0, at_once: int = 1) -> Iterator[Outcome]:
    """Enhance photos, `at_once` of them at the same time; outcomes keep the order of the jobs. An error ends only its own photo.

    Decoding and encoding take one core each, so a photo on every core is faster than all cores on a photo; memory grows with
    `at_once` and not with the number of jobs.
    """
    with ThreadPoolExecutor(at_once) as pool:
        waiting: deque[Future[Outcome]] = deque()
        try:
            for job in jobs:
                waiting.append(pool.submit(_run_job, job, enhancer, strength))
                if len(waiting) > AHEAD * at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _run_job(job: Job, enhancer: Enhancer, strength: float) -> Outcome:
    if job.problem is not None:
        return Outcome(job, error=job.problem)
    try:
        photo = load_photo(job.source)
        enhanced = enhancer.enhance_photo(photo, strength, in_place=job.comparison is None)
        enhanced.save(job.output)
        if job.comparison is not None:
            side_by_side(photo, enhanced).save(job.comparison)
        return Outcome(job, warnings=photo.warnings)
    except DPEError as error:
        return Outcome(job, error=str(error))
    except MemoryError:
        return Outcome(job, error=f"{job.source}: too large for this machine's memory; scale it down first")


def side_by_side(before: Photo, after: Photo) -> Photo:
    """Both photos, scaled down if large, next to each other in the photo's colour space, with a white gap."""
    halves = [_scaled(photo) for photo in (before, after)]
    gap = np.full_like(halves[0][:, :8], 255)
    return Photo(np.concatenate([halves[0], gap, halves[1]], 1), profile=before.profile)


def _scaled(photo: Photo) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    image = vips_image(photo.pixels)
    if photo.alpha is not None:
        white = int(np.iinfo(photo.pixels.dtype).max)
        image = image.bandjoin(vips_image(photo.alpha)).flatten(background=white, max_alpha=white)
    image = image.resize(min(1.0, COMPARE_SIDE / max(photo.size)))
    if image.format == "ushort":
        image = (image / 257).cast("uchar")
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = image.numpy().reshape(image.height, image.width, image.bands)
    return pixels


def _jobs_of(path: Path, output: Path) -> Iterator[Job]:
    if not path.is_dir():
        yield Job(path, output / _writable_name(path))
        return
    root, out = _real(path), _real(output)
    own = out if root in out.parents else None  # an output folder inside the folder: what it holds is not enhanced again
    found = [
        file
        for file in sorted(path.rglob("*"))
        if (file.suffix.lower() in SAVERS or file.suffix.lower() in OTHER_FORMATS)  # the latter get a line each
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
        and own not in _real(file).parents
    ]
    if not found:
        yield Job(path, output, problem=f"{path}: no photos in this folder ({', '.join(SAVERS)})")
    for file in found:
        yield Job(file, output / file.relative_to(path))


def _writable_name(path: Path) -> str:
    return path.name if path.suffix.lower() in SAVERS else f"{path.name}.jpg"


def _refuse_clashes(jobs: Sequence[Job]) -> None:
    inputs = {_real(job.source) for job in jobs}
    sources: dict[Path, Path] = {}
    for job in (job for job in jobs if job.problem is None):
        for written in [job.output] if job.comparison is None else [job.output, job.comparison]:
            target = _real(written)
            if target in inputs:
                raise PhotoError(f"{written}: is one of the photos to enhance and would be overwritten; choose another output")
            if target in sources:
                raise PhotoError(
                    f"{job.source} and {sources[target]} would both become {written}; enhance them into different folders"
                )
            sources[target] = job.source


def _real(path: Path) -> Path:
    """Absolute and free of symlinks; unlike Path.resolve, without an error where links go in a circle."""
    return Path(os.path.realpath(path))
