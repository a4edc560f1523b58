"""Does `dpe learn` without ordinary photos learn a tint that all liked photos share?

python -m benchmarks.tint photos [--run runs/tint] [--steps 150] [--image-size 64]

Liked: 100 of photos/target, made warm by the same gains on red, green and blue. Judged: 40 of photos/source, from which nothing
was learned: their mean colour as taken, made warm by those gains, with the bundled model, and in the look learned, in one thread.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from skimage.color import rgb2lab

from benchmarks.machine import machine
from deep_photo_enhancer import Enhancer, Photo
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.small_copies import small_copy
from deep_photo_enhancer.system.text import table
from deep_photo_enhancer.training.data.files import find_photos
from deep_photo_enhancer.training.learning import learn

GAINS = np.array([1.06, 1.0, 0.8])
LIKED, JUDGED = 100, 40
SIDE = 320


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--run", type=Path, default=Path("runs/tint"))
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--image-size", type=int, default=64)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for path in spread(arguments.photos / "target", LIKED):
        Photo(warm(small_copy(path, SIDE))).save(arguments.run / "liked" / f"{path.stem}.jpg")
    learn.LEARN = replace(learn.LEARN, network=replace(learn.LEARN.network, image_size=arguments.image_size))
    start = time.process_time()
    model = learn.learn_look(arguments.run / "liked", None, arguments.run / "warm.onnx", arguments.steps)
    print(f"{machine()}\n{arguments.steps} steps at S = {arguments.image_size}: {time.process_time() - start:.0f} CPU-seconds\n")

    taken = [small_copy(path, SIDE) for path in spread(arguments.photos / "source", JUDGED)]
    made = {"as taken": taken, "made warm": [warm(photo) for photo in taken]}
    for name in ("natural", str(model)):
        enhance = Enhancer(name, threads=1)
        made["look" if name == str(model) else name] = [enhance(photo) for photo in taken]
    colours = {name: np.array([rgb2lab(photo).reshape(-1, 3).mean(0) for photo in photos]) for name, photos in made.items()}
    yellower = {name: f"{(means[:, 2] > colours['as taken'][:, 2]).sum()} of {JUDGED}" for name, means in colours.items()}
    rows = [[name, *(f"{mean:.1f}" for mean in means.mean(0)), yellower[name]] for name, means in colours.items()]
    print(table(["ordinary photos", "L*", "a*", "b*", "yellower than as taken"], rows))


def warm(photo: Pixels) -> Pixels:
    """By GAINS."""
    warmed: Pixels = np.clip(photo * GAINS + 0.5, 0, 255).astype(np.uint8)
    return warmed


def spread(folder: Path, count: int) -> list[Path]:
    """So many photos of a folder, evenly spread."""
    paths = find_photos([folder])
    return [paths[i * len(paths) // count] for i in range(count)]


if __name__ == "__main__":
    main()
