"""Many photos, several at the same time: one that fails gets a line, and the others go on."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement.batch.existing import is_done
from deep_photo_enhancer.enhancement.batch.job import Job, JobOptions, Outcome, State
from deep_photo_enhancer.enhancement.batch.records import Records, source_digest
from deep_photo_enhancer.enhancement.captions import AS_TAKEN, caption
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.errors import DPEError
from deep_photo_enhancer.photo import Photo, load_photo
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.photo.writing import check_sides
from deep_photo_enhancer.system.files import remove_leftovers
from deep_photo_enhancer.system.progress import hearing

Colours = NDArray[np.uint8]

ALL_DEFAULTS = JobOptions()
AHEAD = 16
"""Photos for each at work that may be done before the outcome of the first is reported: a slow one does not hold up the next."""
LISTENING = 0.2
"""Seconds after which the waiting thread looks for signals: one that the system gave to another thread does not wake it."""
COMPARE_SIDE = 1600
"""Long side of each half of a comparison, in pixels."""


def run_jobs(
    jobs: Iterable[Job],
    enhancer: Enhancer,
    options: JobOptions = ALL_DEFAULTS,
    at_once: int = 1,
    stop: Event | None = None,
    hear: Callable[[Job, float], None] = lambda _job, _share: None,
) -> Iterator[Outcome]:
    """Enhance photos, `at_once` of them at the same time; outcomes keep the order of the jobs. An error ends only its own photo.

    Decoding and encoding take one core each, so a photo on every core is faster than all cores on a photo; memory grows with
    `at_once` and not with the number of jobs. When `stop` is set, photos at work are finished and no others started. `hear` is
    told the share of a photo that is done, from 0 to 1, by the methods that take long; in the thread that works on it.
    """
    ended = stop or Event()
    records = Records.of(enhancer, options)

    def work(job: Job) -> Outcome:
        with hearing(partial(hear, job)):
            return run_job(job, enhancer, options, ended, records)

    with ThreadPoolExecutor(at_once) as pool:
        waiting: deque[Future[Outcome]] = deque()
        try:
            for job in _clear_folders(jobs):
                waiting.append(pool.submit(work, job))
                if len(waiting) > AHEAD * at_once:
                    yield _result(waiting.popleft())
            while waiting:
                yield _result(waiting.popleft())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _result(future: Future[Outcome]) -> Outcome:
    while not wait([future], LISTENING).done:
        pass
    return future.result()


def run_job(job: Job, enhancer: Enhancer, options: JobOptions, stop: Event, records: Records | None = None) -> Outcome:
    """Enhance one photo. records: None where the caller keeps its own; then an output that is complete is left."""
    if job.problem is not None:
        return Outcome(job, error=job.problem, status="failed")
    if stop.is_set():
        return Outcome(job, status="stopped")
    start = time.perf_counter()
    try:
        state = _state(job, options, records)
        if state in ("same", "unrecorded") or (state == "other" and options.existing == "skip"):
            return Outcome(job, status="skipped", state=state)
        outcome = replace(_enhance(job, enhancer, options, records), state=state)
    except DPEError as error:
        outcome = Outcome(job, error=str(error), status="failed")
    except MemoryError:
        outcome = Outcome(job, error=f"{job.source}: too large for this machine's memory; scale it down first", status="failed")
    except Exception as error:  # of a library: thousands of other photos wait
        message = f"{job.source}: cannot be enhanced ({type(error).__name__}: {error}); please report it"
        outcome = Outcome(job, error=message, status="failed")
    return replace(outcome, seconds=time.perf_counter() - start)


def _state(job: Job, options: JobOptions, records: Records | None) -> State:
    if options.existing not in ("update", "skip"):
        return "missing"
    if records is not None:
        return records.state(job)
    return "unrecorded" if is_done(job) else "missing"


def _enhance(job: Job, enhancer: Enhancer, options: JobOptions, records: Records | None) -> Outcome:
    times = _times(job.source)
    photo = load_photo(job.source, max_pixels=options.max_pixels)
    check_sides(photo.size, job.output.suffix, str(job.output))
    in_place = job.comparison is None
    enhanced = enhancer.enhance_photo(photo, options.strength, in_place, light=options.light, colour=options.colour)
    if records is not None:
        enhanced = records.embed(enhanced, source_digest(job.source), job.output.suffix)
    lost = enhanced.save(job.output, options.save)
    if job.comparison is not None:
        side_by_side(photo, enhanced, (AS_TAKEN, _look(enhancer, options))).save(job.comparison)
    if times is not None and (options.keep_times or times[1:] != (_times(job.source) or times)[1:]):
        lost += _set_times(job.output, times)  # a photo that has changed meanwhile is newer than its output: it is made again
    if records is not None:
        lost += records.keep(job)
    return Outcome(job, warnings=photo.warnings + lost, size=photo.size)


def _look(enhancer: Enhancer, options: JobOptions) -> str:
    """The caption of what was made: model or method, and the amounts that are not 1."""
    name = enhancer.method if enhancer.model is None else enhancer.model.path.stem
    amounts = {"strength": options.strength, "light": options.light, "colour": options.colour}
    return ", ".join([name, *(f"{part} {amount:g}" for part, amount in amounts.items() if amount != 1)])


def _set_times(output: Path, times: tuple[int, int]) -> tuple[str, ...]:
    """A warning where the output's folder takes no times, as some shares do."""
    try:
        os.utime(output, ns=times)
    except OSError as error:
        return (f"its file times cannot be given to {output}: {error.strerror}",)
    return ()


def _times(path: Path) -> tuple[int, int] | None:
    """Of the last access and the last change, in nanoseconds; None where they cannot be read."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_atime_ns, found.st_mtime_ns


def _clear_folders(jobs: Iterable[Job]) -> Iterator[Job]:
    """The jobs; in each folder of outputs, what killed runs left is removed first."""
    folder: Path | None = None
    for job in jobs:
        if job.output.parent != folder:
            folder = job.output.parent
            remove_leftovers(folder)
        yield job


def side_by_side(before: Photo, after: Photo, captions: tuple[str, str]) -> Photo:
    """Both photos, scaled down if large, next to each other in the photo's colour space, with a white gap and captions below."""
    halves = [_add_caption(_scale_half(photo), text) for photo, text in zip((before, after), captions, strict=True)]
    gap = np.full_like(halves[0][:, :8], 255)
    return Photo(np.concatenate([halves[0], gap, halves[1]], 1), profile=before.profile)


def _add_caption(half: Colours, text: str) -> Colours:
    strip = caption(text, half.shape[1], max(12, max(half.shape) // 50))
    return np.concatenate([half, strip.repeat(half.shape[2], 2)])


def _scale_half(photo: Photo) -> Colours:
    image = vips_image(photo.pixels)
    if photo.alpha is not None:
        white = int(np.iinfo(photo.pixels.dtype).max)
        image = image.bandjoin(vips_image(photo.alpha)).flatten(background=white, max_alpha=white)
    image = image.resize(min(1.0, COMPARE_SIDE / max(photo.size)))
    if image.format == "ushort":
        image = (image / 257).cast("uchar")
    pixels: Colours = image.numpy().reshape(image.height, image.width, image.bands)
    return pixels
