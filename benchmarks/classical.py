"""How long the classical methods take for photos, and how much memory, beside the method fast.

python -m benchmarks.classical PHOTO... [--runs 3]

For each photo and method: seconds for the photo without its codec, seconds of processor time on all cores together, which other
work on the machine hardly changes, and peak memory of a process that does nothing else, photo and result included.
"""

import argparse
import statistics
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.native import peak_memory
from benchmarks.tables import print_table
from deep_photo_enhancer.enhancement.classical import CLASSICAL
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.photo import load_photo
from deep_photo_enhancer.system.memory import share_freed_memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--once", help="one measurement of this method in this process, printed as plain figures")
    arguments = parser.parse_args()
    if arguments.once:
        print(*once(arguments.photos[0], arguments.once))
        return
    print(machine())
    print(f"medians of {arguments.runs} processes\n")
    columns = ("photo", "megapixels", "method", "seconds", "processor seconds", "peak memory")
    print_table(columns, (row(*each, arguments.runs) for each in product(arguments.photos, ("fast", *CLASSICAL))))


def row(photo: Path, method: str, runs: int) -> list[str]:
    command = [sys.executable, "-m", "benchmarks.classical", "--once", method, str(photo)]
    outputs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() for _ in range(runs)]
    megapixels, seconds, busy, peak = (statistics.median(float(output[i]) for output in outputs) for i in range(4))
    return [photo.name, f"{megapixels:.1f}", method, f"{seconds:.1f}", f"{busy:.1f}", f"{peak:.0f} MB"]


def once(path: Path, method: str) -> tuple[float, float, float, int]:
    """Megapixels, seconds, seconds of processor time, and megabytes at most."""
    share_freed_memory()
    enhancer = Enhancer(method=method)
    photo = load_photo(path)
    start, busy = time.perf_counter(), time.process_time()
    enhancer.enhance_photo(photo)
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    return photo.pixels.shape[0] * photo.pixels.shape[1] / 1e6, seconds, busy, peak_memory()


if __name__ == "__main__":
    main()
