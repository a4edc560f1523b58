"""How long one large photo takes, by stage, and how much memory the process needs at most.

python -m benchmarks.speed PHOTO [PHOTO ...] [--model MODEL] [--runs 7]

The codec floor is decoding and encoding alone, with the same library and settings. Times are medians in a warm process, peak
memory is that of a process of its own that enhances the photo once through the command.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.machine import machine
from deep_photo_enhancer import Enhancer, load_photo
from deep_photo_enhancer.affine import apply_affine

STAGES = ("decode", "fit (network included)", "apply", "encode")

PEAK = """
import sys
from pathlib import Path
from deep_photo_enhancer.cli import main
try:
    main(sys.argv[1:])
finally:
    lines = Path("/proc/self/status").read_text().splitlines()  # ru_maxrss would remember the parent's memory
    print(next(line.split()[1] for line in lines if line.startswith("VmHWM")), file=sys.stderr)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--model", default="natural")
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    enhance = Enhancer(arguments.model)
    print(machine())
    print(f"median of {arguments.runs} runs, seconds; the whole command in a new process: {arguments.runs} runs too\n")
    columns = ["photo", "megapixels", *STAGES, "sum", "sum / codec floor", "whole command", "peak memory"]
    print(f"| {' | '.join(columns)} |")
    print("|---" * len(columns) + "|")
    for path in arguments.photos:
        print(line(path, enhance, arguments.model, arguments.runs), flush=True)


def line(path: Path, enhance: Enhancer, model: str, runs: int) -> str:
    photo = load_photo(path)
    transforms = enhance.transforms(photo)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / path.name
        stages = [
            median(lambda: load_photo(path), runs),
            median(lambda: enhance.transforms(photo), runs),
            median(lambda: apply_affine(transforms, photo.pixels), runs),
            median(lambda: photo.save(output), runs),
        ]
        peaks: list[int] = []
        command = median(lambda: peaks.append(peak_memory(path, output, model)), runs)
    floor = stages[0] + stages[3]
    figures = " | ".join(f"{seconds:.2f}" for seconds in stages)
    megapixels = photo.size[0] * photo.size[1] / 1e6
    return (
        f"| {path.name} | {megapixels:.1f} | {figures} | {sum(stages):.2f} | {sum(stages) / floor:.2f} "
        f"| {command:.2f} | {statistics.median(peaks):.0f} MB |"
    )


def median(action: Callable[[], object], runs: int) -> float:
    action()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def peak_memory(path: Path, output: Path, model: str) -> int:
    """Megabytes."""
    command = [sys.executable, "-c", PEAK, "enhance", str(path), "-o", str(output), "--model", model]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stderr.splitlines()[-1]) // 1024


if __name__ == "__main__":
    main()
