"""Does `dpe learn` bring ordinary photos closer to the look of photos that it has not seen, and does their content stay?

python -m benchmarks.learn photos [--run runs/learn] [--steps N] [--style L A B CHROMA] [--without-ordinary]
    [--picture docs/pictures/learned-look.jpg]

The style: 75 photos of photos/target whose mean L*, a*, b* and chroma are nearest to the style's (by default dark, cool, pale).
Every fifth is held out, the other 60 are learned from. Ordinary photos: 120 of photos/source, half to learn with, half to judge
with.
"""

import argparse
import shutil
import time
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.color import rgb2lab

from benchmarks.machine import machine
from deep_photo_enhancer import Enhancer, Photo
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.small_copies import small_copy
from deep_photo_enhancer.system.text import table
from deep_photo_enhancer.training.data.files import find_photos
from deep_photo_enhancer.training.data.light import LUMA
from deep_photo_enhancer.training.learning.learn import STEPS, learn_look
from deep_photo_enhancer.training.log import contact_sheet, write_picture
from deep_photo_enhancer.training.metrics.look_distance import colour_distance, look_distance, tone_distance

STYLE = (30, -2, -7, 14)
"""Mean L*, a*, b* and chroma."""
SPREAD = np.array([10, 4, 6, 7])
LIKED, ORDINARY = 75, 120
SIDE = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--run", type=Path, default=Path("runs/learn"))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--style", type=float, nargs=4, default=STYLE, metavar=("L", "A", "B", "CHROMA"))
    parser.add_argument("--without-ordinary", action="store_true", help="learn from the liked photos, made ordinary")
    parser.add_argument("--picture", type=Path, help="also draw the example photos: as they are, natural, learned")
    arguments = parser.parse_args()
    liked = nearest_in_style(find_photos([arguments.photos / "target"]), np.array(arguments.style))
    source = find_photos([arguments.photos / "source"])
    ordinary = source[:: len(source) // ORDINARY][:ORDINARY]
    held, judged = liked[::5], ordinary[1::2]
    folders = {"liked": [path for path in liked if path not in held], "ordinary": ordinary[::2]}
    for name, paths in folders.items():
        copy_into(arguments.run / name, paths)

    start = time.monotonic()
    given = None if arguments.without_ordinary else arguments.run / "ordinary"
    model = learn_look(arguments.run / "liked", given, arguments.run / "look.onnx", arguments.steps)
    minutes = (time.monotonic() - start) / 60
    print(machine())
    inputs = f"{len(folders['ordinary'])} ordinary ones" if given else "the same, made ordinary"
    print(f"{len(folders['liked'])} liked photos, {inputs}; {minutes:.1f} minutes\n")
    report(model, [small_copy(path, SIDE) for path in judged], [small_copy(path, SIDE) for path in held], arguments.run)
    if arguments.picture:
        draw_examples(model, arguments.picture)


def nearest_in_style(paths: list[Path], style: np.ndarray) -> list[Path]:
    distances = [float(np.linalg.norm((style_of(small_copy(path, 96)) - style) / SPREAD)) for path in paths]
    return [paths[i] for i in sorted(np.argsort(distances)[:LIKED])]


def style_of(photo: Pixels) -> np.ndarray:
    lab = rgb2lab(photo).reshape(-1, 3)
    return np.array([*lab.mean(0), np.hypot(lab[:, 1], lab[:, 2]).mean()])


def copy_into(folder: Path, paths: list[Path]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        shutil.copy(path, folder / path.name)


def report(model: Path, ordinary: list[Pixels], held: list[Pixels], run: Path) -> None:
    results = {"as they are": ordinary}
    for name in ("natural", str(model)):
        enhance = Enhancer(name)
        results[Path(name).stem] = [enhance(x) for x in ordinary]
    print("Distances to the held-out liked photos, similarity to the photos as they are:\n")
    cells = []
    before = look_distance(ordinary, held)
    for name, photos in results.items():
        after = look_distance(photos, held)
        similar = np.mean([luma_similarity(x, out) for x, out in zip(ordinary, photos, strict=True)], 0)
        parts = [f"{colour_distance(photos, held):.2f}", f"{tone_distance(photos, held):.2f}"]
        cells.append([name, *parts, f"{after:.2f}", f"{1 - after / before:.0%}", f"{similar[0]:.3f}", f"{similar[1]:.3f}"])
    print(table(["ordinary photos", "colour", "tone", "look", "fall", "SSIM of luma", "its structure term"], cells))
    learned = [small_copy(path, SIDE) for path in find_photos([run / "liked"])]
    print(f"\nFor comparison: the photos that were learned from are {look_distance(learned, held):.2f} from the held-out ones.")
    rows = [list(row) for row in zip(*results.values(), strict=True)]
    write_picture(contact_sheet(rows[:: len(rows) // 8][:8]), run / "results.png")


def draw_examples(model: Path, picture: Path) -> None:
    """The example photos in three rows, so that no photo of the training set is shown."""
    examples = [small_copy(path, 2 * SIDE) for path in find_photos(["examples/photos"])]
    photos = [photo for photo in examples if photo.shape[0] < photo.shape[1]][:4]
    height = min(photo.shape[0] for photo in photos)
    rows = [photos, *([enhance(photo) for photo in photos] for enhance in (Enhancer("natural"), Enhancer(model)))]
    Photo(np.concatenate([np.concatenate([photo[:height] for photo in row], 1) for row in rows])).save(picture)


def luma_similarity(x: Pixels, out: Pixels) -> tuple[float, float]:
    """SSIM of the lumas and the mean of its structure term alone (Wang et al. 2004, Eq. 10 and 13), Gaussian window of 1.5."""
    a, b = (photo.astype(np.float64) @ LUMA for photo in (x, out))
    mean_a, mean_b = (gaussian_filter(luma, 1.5) for luma in (a, b))
    var_a, var_b = (gaussian_filter(luma**2, 1.5) - mean**2 for luma, mean in ((a, mean_a), (b, mean_b)))
    covariance = gaussian_filter(a * b, 1.5) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    whole = luminance * (2 * covariance + c2) / (var_a + var_b + c2)
    deviations = np.sqrt(np.maximum(var_a, 0) * np.maximum(var_b, 0))
    return float(whole.mean()), float(((covariance + c2 / 2) / (deviations + c2 / 2)).mean())


if __name__ == "__main__":
    main()
