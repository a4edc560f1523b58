"""A folder of large photos: how many a minute, and how much memory, whatever the number of photos.

python -m benchmarks.folder PHOTOS_OR_FOLDERS [...] [--count 40] [--runs 7] [--memory-counts 20 200]

The photos are repeated to `--count`; throughput is that of one photo at a time on all cores, of a photo on every core, and of
decoding and encoding alone with a photo on every core. Memory is the peak of the command in a process of its own: for folders of
the smallest photo by `--memory-counts`, and for the first photo scaled to 100 megapixels.
"""

import argparse
import os
import tempfile
from itertools import cycle, islice
from pathlib import Path

from benchmarks.machine import machine
from deep_photo_enhancer.enhancement.bench.measure import measure_folder, run_command
from deep_photo_enhancer.photo import Photo, load_photo
from deep_photo_enhancer.photo.vips import vips_image
from deep_photo_enhancer.system.memory import share_freed_memory
from deep_photo_enhancer.training.data.files import find_photos

LARGE = 100e6
"""Pixels."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--memory-counts", type=int, nargs="*", default=[20, 200])
    arguments = parser.parse_args()
    photos = find_photos(arguments.photos)
    share_freed_memory()  # as the command does
    print(machine())
    print(throughput(list(islice(cycle(photos), arguments.count)), arguments.runs), flush=True)
    smallest = min(photos, key=lambda path: path.stat().st_size)
    for count in arguments.memory_counts:
        print(f"Peak memory for {count} copies of {smallest.name}: {folder_memory(smallest, count):.0f} MB", flush=True)
    print(f"Peak memory for {photos[0].name} scaled to {LARGE / 1e6:.0f} megapixels: {large_memory(photos[0]):.0f} MB")


def throughput(photos: list[Path], runs: int) -> str:
    figures = measure_folder(photos, "natural", "cpu", runs)
    return (
        f"{figures.photos} photos, photos a minute, median of {runs}: {figures.one_at_a_time:.1f} one at a time, "
        f"{figures.several_at_once:.1f} several at once ({figures.several_at_once / figures.one_at_a_time:.2f} times as many), "
        f"{figures.floor:.1f} decoded and encoded alone ({figures.floor / figures.several_at_once:.2f} times as many)"
    )


def folder_memory(photo: Path, count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "photos"
        source.mkdir()
        for number in range(count):
            (source / f"{number}.jpg").write_bytes(photo.read_bytes())
        return peak(source, Path(folder) / "out")


def large_memory(photo: Path) -> float:
    with tempfile.TemporaryDirectory() as folder:
        small = load_photo(photo)
        scale = (LARGE / (small.size[0] * small.size[1])) ** 0.5
        source = Path(folder) / "large.jpg"
        Photo(vips_image(small.pixels).resize(scale).numpy()).save(source)
        return peak(source, Path(folder) / "out.jpg")


def peak(source: Path, output: Path) -> float:
    megabytes = run_command(source, output)[1]
    if megabytes is None:
        raise SystemExit(f"{os.uname().sysname} does not tell a process's peak memory")
    return megabytes


if __name__ == "__main__":
    main()
