"""What training runs make of the example photos: a sheet, a line a run, to be looked at beside their figures.

python -m benchmarks.run_pictures "WGAN-GP, one-way=RUN" "A-WGAN, one-way=RUN" ... -o sheet.jpg

The photos are flattened first, as the stand-in's inputs are flat: the first line shows them as taken, the second what the runs
are given. A run's network sees a small copy, and its change is carried to the photo as `dpe enhance` does.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from deep_photo_enhancer import Enhancer, Photo
from deep_photo_enhancer.enhancement.captions import AS_TAKEN, caption
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.small_copies import small_copy
from deep_photo_enhancer.training.data.flattening import FlatteningConfig, flatten
from deep_photo_enhancer.training.export import export_of_run

EXAMPLES = Path(__file__).parents[1] / "examples" / "photos"
SHOWN = ("dogs-at-window", "meadow-below-grey-mountain", "low-sun-over-hills", "dandelions-in-dark-grass", "room-with-drum")
HEIGHT, SIDE, GAP, LETTERS = 150, 512, 4, 12
FLAT = FlatteningConfig(unchanged=0, exposure_mean=-0.4, exposure_std=0, cast=0, tint=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="NAME=RUN", type=named_run, help="a caption and the run's folder")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    taken = [small_copy(EXAMPLES / f"{name}.jpg", SIDE) for name in SHOWN]
    flat = [flatten(photo, FLAT, np.random.default_rng(i)) for i, photo in enumerate(taken)]
    lines = [line(AS_TAKEN, taken), line("flattened: the input", flat)]
    for name, folder in arguments.runs:
        enhancer = Enhancer(export_of_run(folder))
        lines.append(line(name, [enhancer(photo) for photo in flat]))
    Photo(np.concatenate(lines)).save(arguments.output)


def named_run(argument: str) -> tuple[str, Path]:
    name, _, folder = argument.rpartition("=")
    return name, Path(folder)


def line(name: str, photos: list[Pixels]) -> Pixels:
    """Photos of one height side by side, under their caption."""
    gap = np.full((HEIGHT, GAP, 3), 255, np.uint8)
    scaled = [lower(photo) for photo in photos]
    row = np.concatenate([piece for photo in scaled for piece in (photo, gap)][:-1], 1)
    return np.concatenate([np.repeat(caption(name, row.shape[1], LETTERS), 3, 2), row])


def lower(photo: Pixels) -> Pixels:
    height, width = photo.shape[:2]
    return np.asarray(Image.fromarray(photo).resize((width * HEIGHT // height, HEIGHT), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    main()
