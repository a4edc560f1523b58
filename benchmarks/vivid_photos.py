"""The photos that the bundled model "vivid" learned from, as links: x (ordinary scenes) and y (vivid photos).

python -m benchmarks.vivid_photos PHOTOS PAIRS -o vivid

PHOTOS holds folders of photos (FOLDER/NAME), PAIRS what they look like flat and found: PAIRS/x/T-a-FOLDER-NAME and T-f-...
(V for photos that are kept from training). Vivid photos are those that vivid-y.txt beside this file names, the most vivid
of the best scenes by colourfulness (Hasler and Suesstrunk), local contrast, clipped pixels, and hues of which less than 60% are
warm; 64 were left out by eye. Scenes are chosen by numbers alone: not vivid, pale, dark, bright nor mostly warm. Every
second one is taken flat, the others as found. The first training chose by the numbers of larger copies, and so 45 scenes fewer.
"""

import argparse
import random
from pathlib import Path

import numpy as np
from PIL import Image

from deep_photo_enhancer.training.data.files import read_names

VIVID = Path(__file__).with_name("vivid-y.txt")
"""A photo a line, as FOLDER/NAME."""
COLOURFULNESS, LUMA, WARM = (15, 62), (50, 185), 0.75


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--folders", nargs="+", default=["unsplash", "target", "good"])
    arguments = parser.parse_args()
    vivid = [line for line in VIVID.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    for name in vivid:
        link(arguments.photos / name, arguments.output / "y" / f"y-{flat_name(name)}")
    paths = sorted(path for folder in arguments.folders for path in (arguments.photos / folder).iterdir())
    names = [f"{path.parent.name}/{path.name}" for path in paths]
    kept = read_names("bundled/vivid-validation.txt")
    scenes = [
        name for name in names if f"x-a-{flat_name(name)}" in kept or (name not in vivid and is_ordinary(arguments.photos / name))
    ]
    random.Random(0).shuffle(scenes)
    for number, name in enumerate(scenes):
        kind = "a" if f"x-a-{flat_name(name)}" in kept else "af"[number % 2]
        pair = next((arguments.pairs / "x").glob(f"[TV]-{kind}-{flat_name(name)}"))
        link(pair, arguments.output / "x" / f"x-{kind}-{flat_name(name)}")
    print(f"{arguments.output}: {len(scenes)} scenes, {len(vivid)} vivid photos")


def is_ordinary(path: Path) -> bool:
    pixels = Image.open(path).convert("RGB").resize((64, 64))
    r, g, b = np.moveaxis(np.asarray(pixels, np.float32), 2, 0)
    luma = 0.299 * r + 0.587 * g + 0.114 * b
    differences = r - g, (r + g) / 2 - b
    spread, shift = (np.hypot(*(measure(d) for d in differences)) for measure in (np.std, np.mean))
    hue, saturation, value = np.moveaxis(np.asarray(pixels.convert("HSV"), np.float32), 2, 0)
    degrees, chroma = hue * 360 / 256, saturation * value
    warm = (chroma * ((degrees < 50) | (degrees > 330))).sum() / max(chroma.sum(), 1e-6)
    return bool(COLOURFULNESS[0] < spread + 0.3 * shift < COLOURFULNESS[1] and LUMA[0] < luma.mean() < LUMA[1] and warm < WARM)


def flat_name(name: str) -> str:
    return name.replace("/", "-")


def link(photo: Path, name: Path) -> None:
    name.parent.mkdir(parents=True, exist_ok=True)
    name.symlink_to(photo.resolve())


if __name__ == "__main__":
    main()
