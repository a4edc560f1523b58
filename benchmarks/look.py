"""How near a model brings photos to a look, and what it keeps of them.

python -m benchmarks.look PHOTOS LIKED MODEL [MODEL ...]

PHOTOS is a folder of ordinary photos, LIKED one of photos of the look, both unseen in training. Distances are `look_distance` to
LIKED, at 256 pixels; SSIM is that of luma between a photo and what becomes of it. The last row is the distance between the halves
of LIKED, which no model need beat.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.machine import machine
from deep_photo_enhancer import Enhancer
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.system.text import table
from deep_photo_enhancer.training.metrics.look_distance import look_distance
from deep_photo_enhancer.training.metrics.quality import ssim


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("liked", type=Path)
    parser.add_argument("models", nargs="+")
    arguments = parser.parse_args()
    photos, liked = (read_photos(folder) for folder in (arguments.photos, arguments.liked))
    rows = [["input", f"{look_distance(photos, liked):.2f}", "1.000"]]
    for model in arguments.models:
        enhance = Enhancer(model, threads=1)
        outputs = [enhance(photo) for photo in photos]
        likeness = np.mean([ssim(luma(out), luma(photo)) for out, photo in zip(outputs, photos, strict=True)])
        rows.append([model, f"{look_distance(outputs, liked):.2f}", f"{likeness:.3f}"])
    rows.append(["halves of the look", f"{look_distance(liked[::2], liked[1::2]):.2f}", ""])
    print(machine())
    print(f"\n{len(photos)} photos, {len(liked)} of the look\n\n{table(['', 'look distance', 'SSIM of luma'], rows)}")


def read_photos(folder: Path) -> list[Pixels]:
    """RGB, 256 pixels at most."""
    photos = []
    for path in sorted(folder.iterdir()):
        photo = Image.open(path).convert("RGB")
        photo.thumbnail((256, 256))
        photos.append(np.asarray(photo))
    return photos


def luma(photo: Pixels) -> Pixels:
    """As three equal channels."""
    return np.asarray(Image.fromarray(photo).convert("L").convert("RGB"))


if __name__ == "__main__":
    main()
