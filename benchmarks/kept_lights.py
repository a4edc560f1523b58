"""Labels of photos as found whose lights and colours stay: what the bundled `natural` learned last, instead of the whole finish.

python -m benchmarks.kept_lights PAIRS -o FOLDER

PAIRS: folders x and y of photos matched by name. FOLDER gets the same, linked, but for the labels of T-f-... (x is a photo as
found that is trained on). There, as viewers held it against the finish that it makes bright skies and sunsets pale:

- what is bright (L* from 40 to 75) is brightened less and less;
- coloured lights that would be brightened become up to 5 L* darker instead;
- coloured things keep at least their chroma, 8% more (lights 16%) where they are not vivid already, and turn half the way to the
  finish's hue;
- of all that 60% is done, as viewers found the whole of it too much for photos that are good already.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.color import lab2rgb, rgb2lab

from deep_photo_enhancer.photo.arrays import Floats

SHARE = 0.6
"""How far the label goes from the photo towards its finish."""

Values = NDArray[np.floating]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    for folder in ("x", "y"):
        (arguments.output / folder).mkdir(parents=True, exist_ok=True)
        for photo in sorted((arguments.pairs / folder).iterdir()):
            target = arguments.output / folder / photo.name
            if folder == "y" and photo.name.startswith("T-f-"):
                label = keep_lights(load(arguments.pairs / "x" / photo.name), load(photo))
                Image.fromarray((label * 255 + 0.5).astype(np.uint8)).save(target, quality=95, subsampling=0)
            else:
                target.symlink_to(photo.resolve())


def load(photo: Path) -> Floats:
    return np.asarray(Image.open(photo).convert("RGB"), np.float32) / 255


def keep_lights(x: Floats, y: Floats) -> Floats:
    """Of a photo x and its finish y, both (H, W, 3), sRGB in [0, 1], the same of the finish that keeps x's lights and colours."""
    of_x, of_y = rgb2lab(x), rgb2lab(y)
    lightness, chroma = of_x[..., 0], np.hypot(of_x[..., 1], of_x[..., 2])
    coloured = rise(chroma, 6, 18)

    change = of_y[..., 0] - lightness
    change = np.where(change > 0, change * (1 - rise(lightness, 40, 75)), change)
    deeper = 5 * coloured * rise(lightness, 58, 75) * (1 - rise(lightness, 93, 99))
    change = change - deeper * np.clip((change + 5) / 5, 0, 1)

    hue = unit(unit(of_x[..., 1:]) + unit(of_y[..., 1:]))
    more = (0.08 + 0.08 * rise(lightness, 55, 70)) * (1 - rise(chroma, 40, 75))
    kept = np.maximum(np.hypot(of_y[..., 1], of_y[..., 2]), chroma * (1 + more))
    colour = blend(coloured, of_y[..., 1:], hue * kept[..., None])

    label = lab2rgb(np.concatenate([(lightness + change)[..., None], colour], axis=-1)).clip(0, 1)
    white = np.clip((x.min(axis=-1) - 0.9) / 0.1, 0, 1) ** 2
    return (x + SHARE * (blend(white, label, x) - x)).astype(np.float32)


def rise(values: Values, start: float, end: float) -> Values:
    """From 0 at the start to 1 at the end, smoothly."""
    t = np.clip((values - start) / (end - start), 0, 1)
    risen: Values = t * t * (3 - 2 * t)
    return risen


def unit(vectors: Values) -> Values:
    scaled: Values = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-3)
    return scaled


def blend(weight: Values, a: Values, b: Values) -> Values:
    """a where the weight (H, W) is 0, b where it is 1."""
    return a + weight[..., None] * (b - a)


if __name__ == "__main__":
    main()
