"""How near a model brings photos to their finish, fault by fault, beside plain baselines; what becomes of whites and good photos.

python -m benchmarks.validation PAIRS MODEL [MODEL ...] [--count 50]

PAIRS: folders x and y of photos matched by name. Judged are those that no training saw, named V-a-... (x is a camera's flat
rendering, y its finish) and V-f-... (x is the photo as found, y its label; the faults are made of these, one at a time). PSNR is
the mean over the photos, against y. Consistency is PSNR between what a system makes of the spoilt photo and of the unspoilt one.
Baselines are Pillow's autocontrast (0.5% cut), the same for each channel by itself, and CLHE.
"""

import argparse
import random
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks.machine import machine
from deep_photo_enhancer import Enhancer
from deep_photo_enhancer.photo.arrays import Floats, Pixels
from deep_photo_enhancer.system.text import table
from deep_photo_enhancer.training.data.light import (
    cast,
    compress_about_mean,
    deepen_shadows,
    desaturate,
    expose,
    veil,
)
from deep_photo_enhancer.training.metrics.quality import psnr, ssim

System = Callable[[Pixels], Pixels]

FAULTS: dict[str, Callable[[Floats], Floats]] = {
    "one stop dark": lambda x: expose(x, -1),
    "two stops dark": lambda x: expose(x, -2),
    "bright by 0.7 stops": lambda x: expose(x, 0.7),
    "haze": lambda x: veil(x, 0.35, 0.7),
    "warm": lambda x: cast(x, 0.22, 0),
    "cold": lambda x: cast(x, -0.22, 0),
    "green": lambda x: cast(x, 0, 0.12),
    "backlit": lambda x: deepen_shadows(x, 0.8),
    "pale and flat": lambda x: desaturate(compress_about_mean(x, 0.7), 0.6),
}
WHITE, BLACK = 253, 2
"""Codes from which and up to which all channels of a pixel count as white and black."""
ENOUGH = 100
"""White or black pixels that a photo must have to be judged by them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--count", type=int, default=50, help="photos of each kind, all of them by 0")
    parser.add_argument("--whites", type=int, default=150, help="photos with white pixels")
    arguments = parser.parse_args()
    systems: dict[str, System] = {"input": lambda x: x, "autocontrast": autocontrast, "each channel": stretched_channels}
    systems["clhe"] = Enhancer(method="clhe")
    systems |= {model: Enhancer(model, threads=1) for model in arguments.models}
    flat, found = (read_pairs(arguments.pairs, f"V-{kind}-", arguments.count) for kind in "af")
    print(machine())
    print(f"\n{len(flat)} flat renderings and {len(found)} photos as found, of {arguments.pairs}\n")
    print(fault_table(systems, flat, found))
    print(f"\nConsistency\n\n{consistency_table(systems, found)}")
    whites = photos_with_whites(arguments.pairs, arguments.whites)
    print(f"\nWhites and blacks\n\n{ends_table(systems, whites)}")
    print(f"\nThe change of photos as found\n\n{change_table(systems, found)}")


def read_pairs(folder: Path, prefix: str, count: int) -> list[tuple[Pixels, Pixels]]:
    """x and y of the kept photos of a kind, evenly spread over their names."""
    names = sorted(path.name for path in (folder / "y").glob(f"{prefix}*"))
    chosen = names if not count else [names[i * len(names) // count] for i in range(min(count, len(names)))]
    return [(read(folder / "x" / name), read(folder / "y" / name)) for name in chosen]


def read(path: Path) -> Pixels:
    return np.asarray(Image.open(path).convert("RGB"))


def fault_table(systems: dict[str, System], flat: Sequence[tuple[Pixels, Pixels]], found: Sequence[tuple[Pixels, Pixels]]) -> str:
    """PSNR to y: of the flat renderings, of the photos as found, and of these after each fault."""
    kinds = {"flat rendering": list(flat), "as found": list(found)}
    kinds |= {name: [(spoil(x, fault), y) for x, y in found] for name, fault in FAULTS.items()}
    rows = []
    for name, pairs in kinds.items():
        figures = [float(np.mean([min(psnr(system(x), y), 60) for x, y in pairs])) for system in systems.values()]
        rows.append([name, *(f"{figure:.2f}" for figure in figures)])
    return table(["PSNR in dB", *systems], rows)


def consistency_table(systems: dict[str, System], found: Sequence[tuple[Pixels, Pixels]]) -> str:
    unspoilt = {name: [system(x) for x, _ in found] for name, system in systems.items()}
    rows = []
    for name, fault in FAULTS.items():
        spoilt = [spoil(x, fault) for x, _ in found]
        figures = [
            float(np.mean([min(psnr(system(x), y), 60) for x, y in zip(spoilt, unspoilt[of], strict=True)]))
            for of, system in systems.items()
        ]
        rows.append([name, *(f"{figure:.2f}" for figure in figures)])
    return table(["PSNR in dB", *systems], rows)


def ends_table(systems: dict[str, System], photos: Sequence[Pixels]) -> str:
    """What becomes of the white and black pixels of a product, a page and photos."""
    photos = [product_on_white(), page_of_text(), *photos]
    rows = []
    for name, system in systems.items():
        outputs = [system(x) for x in photos]
        product, page, *whites = (means_where(x.min(2) >= WHITE, out) for x, out in zip(photos, outputs, strict=True))
        blacks = [means_where(x.max(2) <= BLACK, out) for x, out in zip(photos[2:], outputs[2:], strict=True)]
        white, black = (np.array([mean for mean in means if mean is not None]) for means in (whites, blacks))
        figures = [f"{white.mean():.1f} ({len(white)})", f"{(white < 245).mean():.1%}", f"{black.mean():.1f} ({len(black)})"]
        rows.append([name, f"{product:.1f}", f"{page:.1f}", *figures])
    return table(["", "product", "text", "white of photos", "below 245", "black of photos"], rows)


def photos_with_whites(folder: Path, count: int) -> list[Pixels]:
    """Photos as found that have white pixels, of all, whether a training saw them or not: no label is asked for."""
    names = sorted((folder / "x").glob("?-f-*"))
    random.Random(0).shuffle(names)
    photos = (read(name) for name in names)
    return list(islice((x for x in photos if (x.min(2) >= WHITE).sum() >= ENOUGH), count))


def change_table(systems: dict[str, System], found: Sequence[tuple[Pixels, Pixels]]) -> str:
    """How much photos change that are good as found."""
    rows = []
    for name, system in systems.items():
        pairs = [(system(x), x) for x, _ in found]
        change = np.mean([np.abs(out.astype(float) - x).mean() / 255 for out, x in pairs])
        rows.append([name, f"{change:.1%}", f"{np.mean([ssim(out, x) for out, x in pairs]):.3f}"])
    return table(["", "change", "SSIM to x"], rows)


def spoil(x: Pixels, fault: Callable[[Floats], Floats]) -> Pixels:
    return (np.clip(fault(x.astype(np.float32) / 255), 0, 1) * 255 + 0.5).astype(np.uint8)


def means_where(mask: NDArray[np.bool_], out: Pixels) -> float | None:
    """The mean of these pixels, where there are enough."""
    return float(out[mask].mean()) if mask.sum() >= ENOUGH else None


def autocontrast(x: Pixels) -> Pixels:
    return np.asarray(ImageOps.autocontrast(Image.fromarray(x), cutoff=0.5, preserve_tone=True))


def stretched_channels(x: Pixels) -> Pixels:
    return np.asarray(ImageOps.autocontrast(Image.fromarray(x), cutoff=0.5))


def product_on_white() -> Pixels:
    """A shaded red ball with a soft shadow on a white ground."""
    rows, columns = np.mgrid[-1:1:256j, -1:1:256j].astype(np.float32)
    shadow = 1 - 0.35 * np.exp(-((rows - 0.45) ** 2 / 0.01 + columns**2 / 0.12))
    photo = np.repeat(shadow[..., None], 3, axis=2)
    radius = np.hypot(rows, columns)
    light = np.clip(1 - np.hypot(rows + 0.2, columns + 0.2), 0.15, 1)[..., None]
    photo = np.where(radius[..., None] < 0.4, light * np.array([0.85, 0.2, 0.15], np.float32), photo)
    return (photo * 255 + 0.5).astype(np.uint8)


def page_of_text() -> Pixels:
    """Lines of dark dashes on white paper."""
    rng = np.random.default_rng(0)
    page = np.full((256, 192, 3), 255, np.uint8)
    for top in range(20, 236, 8):
        marks = rng.random(152) < 0.6
        page[top : top + 4, 20:172][:, marks] = 25
    return page


if __name__ == "__main__":
    main()
