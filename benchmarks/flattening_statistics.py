"""Tone statistics of a recipe's labels and of their flattened copies, at 128 px, beside those of real photos.

python -m benchmarks.flattening_statistics configs/bundled/small.yaml
"""

import argparse

import numpy as np

from benchmarks.machine import machine
from deep_photo_enhancer.research.fivek.looks import INPUTS, LABELS
from deep_photo_enhancer.training.config import load_config
from deep_photo_enhancer.training.data.flattening import flatten
from deep_photo_enhancer.training.data.pairs import load_photos
from deep_photo_enhancer.training.data.statistics import STATISTICS, tilted_weights, tone_statistics

MEASURED = {
    "FiveK input": INPUTS,
    "FiveK retoucher C": LABELS,
}
"""Means over the set, at 128 px: what flattened photos and labels are to match."""
DRAWS = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe")
    parser.add_argument("--set", dest="settings", action="append", default=[])
    arguments = parser.parse_args()
    config = load_config(arguments.recipe, arguments.settings)
    photos, _ = load_photos(config.data, image_size=round(128 * config.data.crop))

    rng = np.random.default_rng(config.seed)
    statistics = np.array([tone_statistics(y) for y in photos.y])
    wanted = config.data.label_statistics
    weights = tilted_weights(statistics, np.array(wanted)) if wanted else None
    drawn = rng.choice(len(photos.y), DRAWS, p=weights)
    flattened = np.array([tone_statistics(flatten(photos.y[i], config.data.flattening, rng)) for i in drawn])

    print(machine())
    print(f"{arguments.recipe} {' '.join(arguments.settings)}: {DRAWS} draws from {len(photos.y)} photos, seed {config.seed}\n")
    print(f"| mean over the set | {' | '.join(STATISTICS)} |")
    print("|---|" + "---|" * len(STATISTICS))
    for name, values in {**MEASURED, "all labels": statistics.mean(0), "labels as drawn": statistics[drawn].mean(0)}.items():
        print(f"| {name} | " + " | ".join(f"{value:.0f}" for value in values) + " |")
    print("| **flattened** | " + " | ".join(f"{value:.0f}" for value in flattened.mean(0)) + " |")
    print("| spread (standard deviation) of flattened | " + " | ".join(f"{value:.0f}" for value in flattened.std(0)) + " |")


if __name__ == "__main__":
    main()
