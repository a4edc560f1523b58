"""A folder of 20,000 small photos that are done already: how long does the command take to find that out, and how much memory?

python -m benchmarks.many_files [--counts 200 2000 20000] [--per-folder 100] [--side 160] [--runs 3]

The photos are copies of one of `--side` pixels, with an output for each. Times are medians; memory is the peak
of the command in a process of its own. `plan` is the search for the photos alone, done in this process.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.machine import machine
from deep_photo_enhancer.enhancement.batch import Plan
from deep_photo_enhancer.enhancement.bench.measure import run_command, synthetic_photo
from deep_photo_enhancer.system.text import table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[200, 2000, 20_000])
    parser.add_argument("--per-folder", type=int, default=100)
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    print(machine())
    rows = [measure(count, arguments.per_folder, arguments.side, arguments.runs) for count in arguments.counts]
    print(table(rows[0], [row.values() for row in rows]))


def measure(count: int, per_folder: int, side: int, runs: int) -> dict[str, str]:
    """One row of the table: a folder with `count` photos."""
    with tempfile.TemporaryDirectory() as folder:
        photos, output = Path(folder) / "photos", Path(folder) / "out"
        fill(photos, output, count, per_folder, side)
        plans = [seconds_of_plan(photos, output, count) for _ in range(runs)]
        seconds, peaks = zip(*(run(photos, output) for _ in range(runs)), strict=True)
    return {
        "photos": f"{count}",
        "plan, s": f"{median(plans):.2f}",
        "nothing to do, s": f"{median(seconds):.2f}",
        "peak memory, MB": f"{median(peaks):.0f}",
    }


def fill(photos: Path, output: Path, count: int, per_folder: int, side: int) -> None:
    """Photos and their outputs."""
    photo = photos / "first.jpg"
    photos.mkdir()
    synthetic_photo(side, side * 2 // 3).save(photo)
    content = photo.read_bytes()
    photo.unlink()
    for tree in (photos, output):
        for number in range(count):
            path = tree / f"{number // per_folder:04}" / f"{number:05}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def seconds_of_plan(photos: Path, output: Path, count: int) -> float:
    start = time.perf_counter()
    assert sum(1 for _ in Plan([photos], output)) == count
    return time.perf_counter() - start


def run(photos: Path, output: Path) -> tuple[float, float]:
    """The command's seconds and megabytes; it must leave all outputs as they are."""
    before = newest(output)
    seconds, megabytes = run_command(photos, output)
    assert newest(output) == before
    if megabytes is None:
        raise SystemExit("this system does not tell a process's peak memory")
    return seconds, megabytes


def newest(folder: Path) -> int:
    return max(path.stat().st_mtime_ns for path in folder.rglob("*"))


if __name__ == "__main__":
    main()
