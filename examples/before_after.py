"""Makes docs/pictures/before-after.jpg, the README's picture, from the example photos: input above, output below.

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
    rows: list[list[np.ndarray]] = [[], []]
    for name in SHOWN:
        photo = dpe.load_photo(PROJECT / "examples" / "photos" / f"{name}.jpg")
        for row, shown in zip(rows, (photo, dpe.enhance(photo)), strict=True):
            picture = vips_image(shown.pixels).thumbnail_image(10 * HEIGHT, height=HEIGHT).numpy()
            row += [picture, np.full((HEIGHT, GAP, 3), 255, np.uint8)]
    strips = [np.concatenate(row[:-1], 1) for row in rows]
    gap = np.full((GAP, strips[0].shape[1], 3), 255, np.uint8)
    picture = np.concatenate([strips[0], gap, strips[1]], 0)
    dpe.Photo(picture).save(PROJECT / "docs" / "pictures" / "before-after.jpg")


if __name__ == "__main__":
    main()
