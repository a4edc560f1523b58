"""Makes docs/pictures/before-after.jpg, the README's picture, of the example photos: as taken, natural, vivid.

python examples/before_after.py
"""

from pathlib import Path

import numpy as np

import deep_photo_enhancer as dpe
from deep_photo_enhancer.photo.vips import vips_image

PROJECT = Path(__file__).parent.parent
SHOWN = ("dogs-at-window", "meadow-below-grey-mountain", "low-sun-over-hills", "dandelions-in-dark-grass")
HEIGHT = 300
GAP = 6


def main() -> None:
    photos = [dpe.load_photo(PROJECT / "examples" / "photos" / f"{name}.jpg") for name in SHOWN]
    rows = [photos, *([dpe.enhance(photo, model=model) for photo in photos] for model in ("natural", "vivid"))]
    strips = [side_by_side(row) for row in rows]
    gap = np.full((GAP, strips[0].shape[1], 3), 255, np.uint8)
    picture = np.concatenate([strips[0], gap, strips[1], gap, strips[2]], 0)
    dpe.Photo(picture).save(PROJECT / "docs" / "pictures" / "before-after.jpg")


def side_by_side(photos: list[dpe.Photo]) -> np.ndarray:
    gap = np.full((HEIGHT, GAP, 3), 255, np.uint8)
    pictures = [vips_image(photo.pixels).thumbnail_image(10 * HEIGHT, height=HEIGHT).numpy() for photo in photos]
    return np.concatenate([piece for picture in pictures for piece in (picture, gap)][:-1], 1)


if __name__ == "__main__":
    main()
