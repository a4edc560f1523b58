"""What A-WGAN, the second direction and individual batch norm bring with the same number of steps: a small Table 4 of the paper.

python -m benchmarks.ablation [--steps 80] [--seeds 3] [--systems NAME ...] [--runs runs/ablation]

Every run starts from the bundled model. Finished runs are kept, each in a folder named after its settings, and an interrupted
command goes on where it was. All are judged on the same flattened validation photos, those left out that came out unchanged.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.machine import machine
from benchmarks.tables import print_table
from deep_photo_enhancer.errors import DivergenceError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.checkpoint import has_checkpoint, load_checkpoint
from deep_photo_enhancer.training.config import TrainConfig, load_config
from deep_photo_enhancer.training.data.pairs import Validation
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.metrics.look_distance import colour_distance, look_distance, tone_distance
from deep_photo_enhancer.training.metrics.quality import psnr, ssim
from deep_photo_enhancer.training.networks.build import build_network
from deep_photo_enhancer.training.networks.config import enhancer_config
from deep_photo_enhancer.training.prediction import predict
from deep_photo_enhancer.training.start import load_start
from deep_photo_enhancer.training.trainer import Trainer, train

RECIPE = "configs/bundled/natural.yaml"
START = "natural"
SETTINGS: dict[str, Any] = {
    "start_from": START,
    "network.image_size": 128,
    "data.labels": ["photos/target"],
    "data.inputs": ["photos/source", "photos/mixed"],
    "data.flatten_inputs": True,
    "data.fit": "crop",
    "data.cache": "runs/cache",
    "optimiser.batch_size": 8,
    "optimiser.learning_rate": 5e-5,
    "optimiser.betas": [0.5, 0.9],
    "optimiser.average": 0.95,
    "gan.alpha": 200,
    "gan.penalty_weight": 32,
    "gan.critic_steps": 2,
    "gan.critic_learning_rate": 3e-4,
    "gan.critic_instance_norm": False,
    "gan.warm_up": 20,
    "machine.threads": 1,
    "log_every": 40,
}
"""Over those of the recipe, which names the photos for validation, those left out, and the flattening."""
SYSTEMS: dict[str, dict[str, Any]] = {
    "one-way-wgan-gp": {"method": "one_way", "gan.objective": "wgan-gp"},
    "one-way-a-wgan": {"method": "one_way", "gan.objective": "a-wgan"},
    "two-way-a-wgan": {"method": "two_way", "gan.objective": "a-wgan"},
    "two-way-a-wgan-ibn": {"method": "two_way", "gan.objective": "a-wgan", "network.individual_batch_norm": True},
    "two-way-wgan-gp": {"method": "two_way", "gan.objective": "wgan-gp"},
}
COLUMNS = {"PSNR": 2, "SSIM": 4, "look distance": 2, "colour distance": 2, "tone distance": 2}
"""And the digits of their figures."""
DIVERGED = "diverged.txt"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=80, help="of the generators")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS)[:4])
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"))
    arguments = parser.parse_args()
    configs = {
        system: [config_of(system, seed, arguments.steps, arguments.runs) for seed in range(arguments.seeds)]
        for system in arguments.systems
    }
    for of_one_seed in zip(*configs.values(), strict=True):
        for config in of_one_seed:
            finish(config)
    settings = ", ".join(f"{key} {value}" for key, value in SETTINGS.items())
    print(f"{machine()}, torch {torch.__version__}")
    print(f"{arguments.steps} steps, {arguments.seeds} seeds; {RECIPE} with {settings}\n")
    report(configs)


def config_of(system: str, seed: int, steps: int, runs: Path) -> TrainConfig:
    settings = SETTINGS | SYSTEMS[system] | {"seed": seed, "optimiser.steps": steps}
    digest = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:8]
    settings["run"] = str(runs / f"{system}-seed{seed}-{steps}steps-{digest}")
    return load_config(RECIPE, [f"{key}={json.dumps(value)}" for key, value in settings.items()])


def finish(config: TrainConfig) -> None:
    """Train a run to its last step or until it diverges, unless that is done. Leaves the command when the run was stopped."""
    run = Path(config.run)
    has_begun = has_checkpoint(run)
    if (run / DIVERGED).exists() or (has_begun and load_checkpoint(run).step == config.optimiser.steps):
        return
    try:
        train(config, resume=has_begun)
    except DivergenceError as error:
        (run / DIVERGED).write_text(f"{error}\n", encoding="utf-8")
        return
    if load_checkpoint(run).step < config.optimiser.steps:
        sys.exit("stopped; the same command goes on")


def report(configs: dict[str, list[TrainConfig]]) -> None:
    trainer = Trainer(next(iter(configs.values()))[0], Processes())
    trainer.start(load_start(START))
    pairs = zip(trainer.validation.x, trainer.validation.y, strict=True)
    x, y = zip(*(pair for pair in pairs if not np.array_equal(*pair)), strict=True)
    validation = Validation(list(x), list(y))
    print(f"Means over the seeds and their ranges; {len(x)} validation photos.\n")
    start = trainer.build_enhancer()
    print_table(
        ["system", *COLUMNS, "last lambda, D_Y / D_X, by seed", "diverged"],
        chain(
            [["input as it is", *cells([quality(x, validation)]), "", ""]],
            [["start, recalibrated", *cells([quality_of(start, validation)]), "", ""]],
            rows(configs, validation),
        ),
    )


def rows(configs: dict[str, list[TrainConfig]], validation: Validation) -> Iterator[list[str]]:
    """One for each system."""
    for system, of_seeds in configs.items():
        whole = [config for config in of_seeds if not (Path(config.run) / DIVERGED).exists()]
        figures, weights = [], []
        for config in whole:
            checkpoint = load_checkpoint(Path(config.run))
            network = build_network(enhancer_config(config.network))
            network.load_state_dict(checkpoint.enhancer)
            figures.append(quality_of(network.eval(), validation))
            weights.append(" / ".join(f"{weight['value']:g}" for weight in checkpoint.state["method"].values()))
        yield [system, *cells(figures), ", ".join(weights), f"{len(of_seeds) - len(whole)} of {len(of_seeds)}"]


def quality_of(network: nn.Module, validation: Validation) -> tuple[float, ...]:
    return quality([predict(network, x, torch.device("cpu")) for x in validation.x], validation)


def quality(y_fake: Sequence[Pixels], validation: Validation) -> tuple[float, ...]:
    """The figures of COLUMNS."""
    pairs = list(zip(y_fake, validation.y, strict=True))
    distances = (distance(y_fake, validation.y) for distance in (look_distance, colour_distance, tone_distance))
    return mean(psnr(*pair) for pair in pairs), mean(ssim(*pair) for pair in pairs), *distances


def cells(figures: Sequence[tuple[float, ...]]) -> list[str]:
    return [cell(digits, values) for digits, *values in zip(COLUMNS.values(), *figures, strict=True)]


def cell(digits: int, values: Sequence[float]) -> str:
    """The mean, and of several values the range; nothing of none."""
    if len(values) < 2:
        return "".join(f"{value:.{digits}f}" for value in values)
    return f"{mean(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


if __name__ == "__main__":
    main()
