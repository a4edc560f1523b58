"""How much closer to the label a model brings flattened validation photos, and what it does to photos that are good already.

python -m benchmarks.validation configs/bundled/small.yaml MODEL [MODEL ...]

Each photo is flattened with a fixed seed of its own, with the recipe's own flattening and with faults of one kind each that no
recipe was tuned to. "small" is long side 256, "full" the file's own size; both go through the whole path of `dpe enhance`.
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks.machine import machine
from deep_photo_enhancer import Enhancer
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.small_copies import small_copy
from deep_photo_enhancer.training.config import load_config
from deep_photo_enhancer.training.data.files import find_photos, read_names
from deep_photo_enhancer.training.data.flattening import FlatteningConfig, flatten
from deep_photo_enhancer.training.data.statistics import STATISTICS, tone_statistics
from deep_photo_enhancer.training.metrics.quality import psnr, ssim

SMALL = 256
NEUTRAL = FlatteningConfig(
    unchanged=0,
    exposure_mean=0,
    exposure_std=0,
    midtones=(1, 1),
    contrast=(1, 1),
    saturation=(1, 1),
    cast=0,
    strong_cast_share=0,
    tint=0,
    shadows_share=0,
    black_lift=(0, 0),
    noise=(0, 0),
)


def with_faults(**faults: object) -> FlatteningConfig:
    return FlatteningConfig(**{**NEUTRAL.__dict__, **faults})


KINDS = {
    "one stop dark": with_faults(exposure_mean=-1.0),
    "pale and flat": with_faults(contrast=(0.7, 0.7), saturation=(0.7, 0.7), black_lift=(0.02, 0.02)),
    "a little of all": with_faults(
        exposure_mean=-0.65,
        exposure_std=0.6,
        contrast=(0.65, 1.05),
        saturation=(0.75, 1.05),
        cast=0.06,
        tint=0.02,
        noise=(0, 0.012),
    ),
    "tungsten": with_faults(cast=0, strong_cast_share=1, strong_cast=0.25, exposure_mean=-0.3),
    "backlit": with_faults(shadows_share=1, shadows=(0.5, 0.5), exposure_mean=-0.2),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--quick", action="store_true", help="only the recipe's own flattening, small")
    arguments = parser.parse_args()
    config = load_config(arguments.recipe).data
    kept = read_names(config.validation)
    photos = [path for path in find_photos(config.labels) if path.name in kept]
    kinds = {"the recipe's own": config.flattening, **({} if arguments.quick else KINDS)}
    sizes = {"small": SMALL} if arguments.quick else {"small": SMALL, "full": 10**6}
    print(machine())
    print(f"{len(photos)} validation photos of {arguments.recipe}\n")
    for model in arguments.models:
        print(f"## {model}\n")
        report(Enhancer(model), photos, kinds, sizes)


def report(enhance: Enhancer, photos: list[Path], kinds: dict[str, FlatteningConfig], sizes: dict[str, int]) -> None:
    print(
        "| fault | size | input PSNR | output PSNR | gain | input SSIM | output SSIM | input -> output "
        + ", ".join(STATISTICS)
        + " |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for size, side in sizes.items():
        labels = [small_copy(path, side) for path in photos]
        for name, kind in kinds.items():
            pairs = [(flatten(y, kind, np.random.default_rng([0, 2, i])), y) for i, y in enumerate(labels)]
            row(f"{name} | {size}", enhance, pairs)
    changes = np.array([change(enhance, small_copy(path, 10**6)) for path in photos])
    targets = np.array(["target" in str(path.parent) for path in photos])
    print(f"\nMean absolute change of the photos as they are: {changes.mean():.1%} of the range; worst {changes.max():.1%}")
    if targets.any():
        made = changes[targets]
        print(f"Of the {len(made)} well made ones (folder target): {made.mean():.1%}; worst {made.max():.1%}")
    print()


def row(name: str, enhance: Enhancer, pairs: list[tuple[Pixels, Pixels]]) -> None:
    outputs = [enhance(x) for x, _ in pairs]
    changed = [i for i, (x, y) in enumerate(pairs) if not np.array_equal(x, y)]
    before = np.array([(psnr(*pairs[i]), ssim(*pairs[i])) for i in changed]).mean(0)
    after = np.array([(psnr(outputs[i], pairs[i][1]), ssim(outputs[i], pairs[i][1])) for i in changed]).mean(0)
    tone_before = np.mean([tone_statistics(x) for x, _ in pairs], 0)
    tone_after = np.mean([tone_statistics(out) for out in outputs], 0)
    tones = ", ".join(f"{a:.0f} -> {b:.0f}" for a, b in zip(tone_before, tone_after, strict=True))
    gain = after[0] - before[0]
    print(f"| {name} | {before[0]:.2f} | {after[0]:.2f} | {gain:+.2f} | {before[1]:.3f} | {after[1]:.3f} | {tones} |", flush=True)


def change(enhance: Enhancer, photo: Pixels) -> float:
    return float(np.abs(enhance(photo).astype(np.float32) - photo).mean() / 255)


if __name__ == "__main__":
    main()
