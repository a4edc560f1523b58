"""Is the full-size result, area-averaged down, what the network itself made? PSNR between the two at the network's size.

python -m benchmarks.fidelity PHOTO_OR_FOLDER [...] [--model MODEL] [--radius 1 2 4 8]

`--radius` tries other windows for the fit than the one that is used.
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks.machine import machine
from deep_photo_enhancer import Enhancer, Photo, load_photo
from deep_photo_enhancer.enhancement import affine
from deep_photo_enhancer.training.data.files import find_photos
from deep_photo_enhancer.training.metrics.quality import psnr
from tests.enhancement.edges import average_down


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--model", default="natural")
    parser.add_argument("--radius", type=int, nargs="+", default=[affine.RADIUS])
    arguments = parser.parse_args()
    files = [file for path in arguments.photos for file in (find_photos([path]) if path.is_dir() else [path])]
    enhance = Enhancer(arguments.model)
    print(machine())
    for radius in arguments.radius:
        affine.RADIUS = radius
        results = {file: fidelity(enhance, load_photo(file)) for file in files}
        print(
            f"{len(files)} photos, model {arguments.model}, radius {radius}: PSNR mean {np.mean(list(results.values())):.1f} dB"
        )
        for file, value in sorted(results.items(), key=lambda item: item[1])[:3]:
            print(f"  {value:.1f} dB  {file.name}")


def fidelity(enhance: Enhancer, photo: Photo) -> float:
    assert enhance.model is not None
    side = enhance.model.image_size
    photo = Photo(photo.pixels)  # as if sRGB: the comparison is made in the network's own colour space
    small = average_down(photo, side)
    y_fake = enhance.y_fake(small)
    result = average_down(enhance.enhance_photo(photo), side)
    return psnr(*((picture * 255 + 0.5).astype(np.uint8) for picture in (result, y_fake)))


if __name__ == "__main__":
    main()
