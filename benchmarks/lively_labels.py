"""Labels of photos as found that viewers prefer: lively, a little lighter, lights and colours kept. `natural` learns them.

python -m benchmarks.lively_labels PAIRS -o FOLDER

PAIRS: folders x and y of photos matched by name. FOLDER gets the same, linked, but for the labels of T-f-... and V-f-..., whose
x is a photo as found. In blind trials viewers chose the finish as it is in six of ten cases only: it makes bright skies and
sunsets pale, and good photos hardly better; what is made of it here they chose in nine of ten. First, the finish keeps lights and
colours:

- what is bright (L* from 40 to 75) is brightened less and less;
- coloured lights that would be brightened become up to 5 L* darker instead;
- coloured things keep at least their chroma, 8% more (lights 16%) where they are not vivid already, and turn half the way to the
  finish's hue.

45% of that is taken. Then, for each photo by its own tones: black and white are drawn towards the ends of the scale, the
middle of dark photos is lifted, contrast grows around the middle (in lights half as much), and chroma by 18%, less where colours
are warm (skin) and not at all where they are vivid or grey.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.color import lab2rgb, rgb2lab

from deep_photo_enhancer.photo.arrays import Floats

SHARE = 0.45
"""How far the label goes from the photo towards its finish, before it is made lively."""

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
            if folder == "y" and photo.name[1:].startswith("-f-"):
                x = load(arguments.pairs / "x" / photo.name)
                label = enliven(x + SHARE * (keep_lights(x, load(photo)) - x))
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
    return blend(whiteness(x), label, x).astype(np.float32)


def enliven(x: Floats) -> Floats:
    """A photo (H, W, 3), sRGB in [0, 1], with more light, contrast and colour, by as much as its tones call for."""
    lab = rgb2lab(x)
    tones = tone_curve(lab[..., 0] / 100)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    warm = rise(hue, 10, 35) * (1 - rise(hue, 85, 110))
    gain = 1 + 0.18 * (1 - 0.8 * warm) * rise(chroma, 3, 10) * (1 - rise(chroma, 40, 80))
    gain = gain * np.clip((100 * tones + 8) / (lab[..., 0] + 8), 0.9, 1.1)
    lively = lab2rgb(np.concatenate([100 * tones[..., None], lab[..., 1:] * gain[..., None]], axis=-1)).clip(0, 1)
    return blend(whiteness(x), lively, x).astype(np.float32)


def tone_curve(lightness: Values) -> Values:
    """L* (H, W) in [0, 1], through a curve that follows its darkest, middle and brightest."""
    darkest, middle, brightest = np.percentile(lightness, [0.5, 50, 99.5])
    black, white = 0.6 * np.clip(darkest - 0.02, 0, 0.14), brightest + 0.6 * np.clip(0.96 - brightest, 0, 0.18)
    scale = white / (brightest - black) if brightest > black + 0.1 else 1
    t = np.clip((lightness - black) * scale, 0, 1)
    middle = np.clip((middle - black) * scale, 0.04, 0.96)
    wanted = middle + 0.2 * max(0.5 - middle, 0) + 0.045 * np.clip((0.8 - middle) / 0.3, 0, 1)
    t = t ** np.clip(np.log(wanted) / np.log(middle), 0.72, 1)
    centre = np.clip(wanted, 0.3, 0.7)
    dark = centre * (t / centre) ** 1.2
    light = 1 - (1 - centre) * ((1 - t) / (1 - centre)) ** 1.2
    curved: Values = np.where(t < centre, t + 0.8 * (dark - t), t + 0.5 * (light - t))
    return curved


def whiteness(x: Floats) -> Values:
    """From 0 to 1 where every channel nears its end: white stays as it is. (H, W)"""
    near: Values = np.clip((x.min(axis=-1) - 0.9) / 0.1, 0, 1) ** 2
    return near


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
