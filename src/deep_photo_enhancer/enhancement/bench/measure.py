"""Seconds and megabytes of the command and its stages, beside the codec floor: what decoding and encoding alone take."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from deep_photo_enhancer.enhancement.affine import apply_affine, fit_affine
from deep_photo_enhancer.enhancement.batch import Job, run_jobs
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.enhancement.models import DEFAULT
from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import Photo, load_photo
from deep_photo_enhancer.photo.vips import one_thread_each, vips_image

STAGES = ("decode", "network", "fit", "apply", "encode")
ACTIONS = len(STAGES) + 2
"""What is measured of a photo in one round: the stages, the whole, and the codec floor."""
COLD_SIDE = 512
"""Long side of the photo that tells how long the command takes to start."""

_PEAK = """
import sys
from pathlib import Path
from deep_photo_enhancer.cli import main
try:
    main(sys.argv[1:])
finally:
    status = Path("/proc/self/status")  # ru_maxrss would remember the parent's memory
    if status.exists():
        print(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")), file=sys.stderr)
"""


@dataclass(frozen=True)
class PhotoFigures:
    """One photo in a warm process, with all cores, and through the command in a process of its own. Seconds are medians."""

    photo: str
    megapixels: float
    stages: dict[str, float]
    whole: float
    """From file to file."""
    floor: float
    """Decoding and encoding, with the same library and settings, one thread."""
    ratio: float
    """whole / floor."""
    command: float
    """The command from its start to its end."""
    peak_megabytes: float | None
    """Of the command; None where the system does not tell."""


@dataclass(frozen=True)
class FolderFigures:
    """Photos a minute, medians."""

    photos: int
    one_at_a_time: float
    several_at_once: float
    floor: float
    """Decoding and encoding alone, a photo on every core."""


def pass_over(_text: str) -> None:
    """Tells nobody what has been measured."""


def measure_photo(
    path: Path, enhancer: Enhancer, model: str | Path, device: str, runs: int, advance: Callable[[str], object] = pass_over
) -> PhotoFigures:
    """model and device: the enhancer's, for the command. PhotoError when the photo cannot be read."""
    photo = load_photo(path)
    small, y_fake = enhancer.small_pair(photo)
    transforms = fit_affine(small, y_fake)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "enhanced.jpg"
        actions: dict[str, Callable[[], object]] = {
            "decode": lambda: load_photo(path),
            "network": lambda: enhancer.small_pair(photo),
            "fit": lambda: fit_affine(small, y_fake),
            "apply": lambda: apply_affine(transforms, photo.pixels, threads=enhancer.threads),
            "encode": lambda: photo.save(output),
            "whole": lambda: enhancer(path).save(output),
            "floor": lambda: _run_on_one_thread(lambda: load_photo(path).save(output)),
        }
        seconds: dict[str, list[float]] = {name: [] for name in actions}
        for _ in range(runs + 1):
            for name, action in actions.items():
                seconds[name].append(measure_seconds(action))
                advance(path.name)
        seconds = {name: measured[1:] for name, measured in seconds.items()}  # the first round warms up
        commands, peaks = [], []
        for _ in range(runs):
            taken, peak = run_command(path, output, model, device)
            commands.append(taken)
            peaks.append(peak)
            advance("the command")
    known = [peak for peak in peaks if peak is not None]
    medians = {name: median(measured) for name, measured in seconds.items()}
    return PhotoFigures(
        photo=path.name,
        megapixels=photo.size[0] * photo.size[1] / 1e6,
        stages={stage: medians[stage] for stage in STAGES},
        whole=medians["whole"],
        floor=medians["floor"],
        ratio=medians["whole"] / medians["floor"],
        command=median(commands),
        peak_megabytes=median(known) if known else None,
    )


def measure_folder(
    paths: Sequence[Path], model: str | Path, device: str, runs: int, advance: Callable[[str], object] = pass_over
) -> FolderFigures:
    """The photos as a folder, once one at a time with all cores and once a photo on every core."""
    cores = os.cpu_count() or 1
    alone, together = Enhancer(model, device), Enhancer(model, device, threads=1)
    with tempfile.TemporaryDirectory() as folder:
        jobs = [Job(path, Path(folder) / f"{number}.jpg") for number, path in enumerate(paths)]
        actions: dict[str, Callable[[], object]] = {
            "one": lambda: _finish(jobs, alone, 1),
            "several": lambda: _finish(jobs, together, cores),
            "floor": lambda: _recode(jobs, cores),
        }
        seconds: dict[str, list[float]] = {name: [] for name in actions}
        for _ in range(runs):
            for name, action in actions.items():
                seconds[name].append(measure_seconds(action))
                advance("a folder")
    a_minute = {name: 60 * len(paths) / median(measured) for name, measured in seconds.items()}
    return FolderFigures(len(paths), a_minute["one"], a_minute["several"], a_minute["floor"])


def cold_start(model: str | Path, device: str, runs: int, advance: Callable[[str], object] = pass_over) -> float:
    """Seconds from the command's start to its end for a small photo, median."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "small.jpg"
        synthetic_photo(COLD_SIDE, COLD_SIDE * 2 // 3).save(source)
        seconds = []
        for _ in range(runs + 1):
            seconds.append(run_command(source, Path(folder) / "enhanced.jpg", model, device)[0])
            advance("the start")
        return median(seconds)


def run_command(path: Path, output: Path, model: str | Path = DEFAULT, device: str = "cpu") -> tuple[float, float | None]:
    """`dpe enhance` in a process of its own: seconds, and megabytes at its peak where the system tells."""
    start = time.perf_counter()
    command = [sys.executable, "-c", _PEAK, "enhance", str(path), "-o", str(output), "--model", str(model), "--device", device]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    *lines, peak = ["", *done.stderr.splitlines()] if "VmHWM" in done.stderr else [*done.stderr.splitlines(), ""]
    if done.returncode:
        raise PhotoError(" ".join(lines).strip().removeprefix("Error: "))
    return seconds, int(peak.split()[1]) / 1024 if peak else None


def synthetic_photo(width: int, height: int) -> Photo:
    """Smooth colours with the fine grain of a real photo, the same every time."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    image = vips_image(coarse).resize(width / 9, vscale=height / 6, kernel="cubic").numpy()
    grain = rng.normal(0, 4, (512, 512, 1))
    grain = np.tile(grain, (-(-height // 512), -(-width // 512), 1))[:height, :width]
    return Photo(np.clip(image + grain, 0, 255).astype(np.uint8))


def measure_seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _finish(jobs: Sequence[Job], enhancer: Enhancer, at_once: int) -> None:
    for outcome in run_jobs(jobs, enhancer, at_once=at_once):
        if outcome.error is not None:
            raise PhotoError(outcome.error)


def _recode(jobs: Sequence[Job], at_once: int) -> None:
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda job: load_photo(job.source).save(job.output), jobs))


def _run_on_one_thread(action: Callable[[], object]) -> None:
    with one_thread_each():
        action()
