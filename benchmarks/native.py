"""How long the network at full size takes for one large photo, how much memory, and how near it is to the network's own speed.

python -m benchmarks.native [--model MODEL] [--width 6000] [--height 4000] [--steps 368 880 1488] [--runs 3] [--threads THREADS]

For each step, the part of the photo that one window is for: seconds for the photo without its codec, peak memory of a process
that does nothing else, and multiply-adds a second, as the paper's layers count them: those of the photo's own pixels, and all
that were computed, overlaps included. Both are compared with the network on a single square of 512 pixels in the same process.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.machine import machine
from benchmarks.tables import print_table
from deep_photo_enhancer.enhancement.models import Model, load_model
from deep_photo_enhancer.enhancement.native import native_y_fake, windows

SQUARE = 512
ENCODER = ((3, 16, 9, 1), (16, 32, 25, 2), (32, 64, 25, 4), (64, 128, 25, 8), (128, 128, 25, 16))
DECODER = (
    (128, 128, 9, 16),
    (128 + 128, 128, 9, 8),
    (128 + 64, 64, 9, 4),
    (64 + 32, 32, 9, 2),
    (32 + 16, 16, 9, 1),
    (16, 3, 9, 1),
)
BOTTOM = ((128, 128, 9, 16), (256, 128, 1, 16))
PER_PIXEL = sum(taken * given * taps / grid**2 for taken, given, taps, grid in (*ENCODER, *BOTTOM, *DECODER))
"""Multiply-adds for a pixel of the photo; the global features' own are not among them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="natural")
    parser.add_argument("--width", type=int, default=6000)
    parser.add_argument("--height", type=int, default=4000)
    parser.add_argument("--steps", type=int, nargs="+", default=[368, 880, 1488])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--once", action="store_true", help="one measurement in this process, printed as plain figures")
    arguments = parser.parse_args()
    if arguments.once:
        print(*once(load_model(arguments.model, threads=arguments.threads), arguments))
        return
    print(machine())
    print(f"{arguments.width} x {arguments.height}, 8 bits; medians of {arguments.runs} processes\n")
    of_square = "of a 512 square: own"
    columns = ("step", "window", "seconds", "peak memory", "own multiply-adds", "computed", of_square, "computed")
    print_table(columns, (row(arguments, step) for step in arguments.steps))


def row(arguments: argparse.Namespace, step: int) -> list[str]:
    command = [sys.executable, "-m", "benchmarks.native", "--once", "--steps", str(step), "--model", arguments.model]
    command += ["--width", str(arguments.width), "--height", str(arguments.height)]
    command += [] if arguments.threads is None else ["--threads", str(arguments.threads)]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() for _ in range(arguments.runs)]
    seconds, square, peak = (statistics.median(float(run[i]) for run in runs) for i in range(3))
    (rows, *other_rows), (columns, *other_columns) = (
        [window.stop - window.start for _, window in windows(side, step)] for side in (arguments.height, arguments.width)
    )
    window = rows * columns
    speed = SQUARE**2 * PER_PIXEL / square
    own = arguments.width * arguments.height * PER_PIXEL / seconds
    computed = window * (1 + len(other_rows)) * (1 + len(other_columns)) * PER_PIXEL / seconds
    figures = [f"{step}", f"{columns} x {rows}", f"{seconds:.1f}", f"{peak:.0f} MB"]
    figures += [f"{own / 1e9:.1f} G/s", f"{computed / 1e9:.1f} G/s"]
    return [*figures, f"{own / speed:.0%}", f"{computed / speed:.0%}"]


def once(model: Model, arguments: argparse.Namespace) -> tuple[float, float, int]:
    """Seconds for the photo, seconds for a square (median of 5), and megabytes at most."""
    pixels = texture(arguments.height, arguments.width)
    square = pixels[:SQUARE, :SQUARE].astype(np.float32) / np.float32(255)
    small = square[: model.image_size, : model.image_size]  # of noise, a part is as good as a copy
    features = model.global_features(small)
    squares = []
    for _ in range(6):
        start = time.perf_counter()
        model.part(square, features)
        squares.append(time.perf_counter() - start)
    start = time.perf_counter()
    result = np.empty_like(pixels)
    for part, y_fake in native_y_fake(model, pixels, small, step=arguments.steps[0]):
        result[part] = np.clip(y_fake * np.float32(255) + np.float32(0.5), 0, 255)
    seconds = time.perf_counter() - start
    return seconds, statistics.median(squares[1:]), peak_memory()


def texture(height: int, width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Noise: the time does not depend on what the photo shows."""
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def peak_memory() -> int:
    """Megabytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) // 1024


if __name__ == "__main__":
    main()
