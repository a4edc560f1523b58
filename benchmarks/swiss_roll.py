"""A-WGAN against WGAN-GP on the swiss roll, from start lambdas four decades apart: Fig. 3 of the paper, with a distance.

python -m benchmarks.swiss_roll [--runs FOLDER] [--seeds 5] [--steps 2500]

Networks, data and optimiser are those of WGAN-GP's released toy code, narrower. One thread, fixed seeds; objectives and start
lambdas share each seed's initial networks and data. With --runs every finished run is kept there, and an interrupted
benchmark goes on where it was.
"""

import argparse
import json
import math
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mean, median, median_low

import numpy as np
import ot
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from benchmarks.machine import machine
from deep_photo_enhancer.losses.adaptive_weight import AdaptiveWeight
from deep_photo_enhancer.losses.adversarial import OBJECTIVES, critic_total

Points = NDArray[np.float32]
"""(N, 2)."""
OBJECTIVE_NAMES = ("wgan-gp", "a-wgan")
STARTS = (0.01, 0.1, 1.0, 10.0, 100.0)
WIDTH = 128
BATCH = 256
CRITIC_STEPS = 5
LEARNING_RATE = 1e-4
SAMPLES = 2000
"""Of each side of a distance."""
PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "swiss-roll.png"


@dataclass(frozen=True)
class Run:
    objective: str
    start: float
    """lambda at the first step."""
    seed: int
    steps: int
    """Of the generator."""

    @property
    def name(self) -> str:
        return f"{self.objective}-{self.start:g}-seed{self.seed}-{self.steps}steps"


@dataclass(frozen=True)
class Result:
    distance: float
    """Exact Wasserstein-1 between generated and fresh real samples; infinite where a coordinate is not finite."""
    weight: float
    """lambda at the end."""
    mean_norm: float
    """Of the critic's gradient at the watched points, over the second half of the run."""
    trace: list[list[float]]
    """A hundred times a run: generator step, lambda, mean norm since the time before."""
    points: list[list[float]]
    """Generated samples, for the picture."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, help="folder of finished runs")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=2500, help="of the generator")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    seeds, steps = arguments.seeds, arguments.steps
    runs = [Run(name, start, seed, steps) for seed in range(seeds) for name in OBJECTIVE_NAMES for start in STARTS]
    results = {run: kept_result(run, arguments.runs) for run in tqdm(runs)}
    report(results, seeds, steps)
    draw(results)


def kept_result(run: Run, folder: Path | None) -> Result:
    """The run's result from the folder, or a new one, kept there."""
    if folder is None:
        return train(run)
    file = folder / f"{run.name}.json"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(train(run))))
    return Result(**json.loads(file.read_text()))


def train(run: Run) -> Result:
    torch.manual_seed(run.seed)
    game = Game(run)
    every = max(1, run.steps // 100)
    norms: list[float] = []  # a critic step
    trace: list[list[float]] = []
    for step in range(1, run.steps + 1):
        norms += [game.critic_step() for _ in range(CRITIC_STEPS)]
        game.generator_step()
        if step % every == 0:
            trace.append([step, game.weight.value, mean(norms[-every * CRITIC_STEPS :])])
    points = game.generate(SAMPLES).flatten(1).numpy()
    distance = wasserstein(points, swiss_roll(SAMPLES, np.random.default_rng([run.seed, 1])))
    kept_points = points.astype(float).round(3).tolist()
    return Result(distance, game.weight.value, mean(norms[len(norms) // 2 :]), trace, kept_points)


class Game:
    """Generator and critic of one run."""

    def __init__(self, run: Run) -> None:
        self.objective = OBJECTIVES[run.objective]
        self.weight = AdaptiveWeight(run.start, adapts=self.objective.adaptive)
        self.generator = network(nn.Unflatten(1, (2, 1, 1)), outputs=2)
        self.critic = network(nn.Flatten(0), outputs=1)
        self.generator_optimiser, self.critic_optimiser = (adam(net) for net in (self.generator, self.critic))
        self.data = np.random.default_rng([run.seed, 0])
        self.random = torch.Generator().manual_seed(run.seed)

    def critic_step(self) -> float:
        """Returns the mean norm of the critic's gradient, which the weight has taken in."""
        real = torch.from_numpy(swiss_roll(BATCH, self.data))[..., None, None]  # (B, 2, 1, 1)
        generated = self.generate(BATCH)
        norms = self.objective.gradient_norms(self.critic, real, generated, self.random)
        assert norms is not None
        assert self.objective.penalty is not None
        norm = norms.mean().item()
        self.weight.observe(norm)
        adversarial = self.objective.critic_loss(self.critic(real), self.critic(generated))
        self.critic_optimiser.zero_grad()
        critic_total(adversarial, self.objective.penalty(norms), self.weight.value).backward()
        self.critic_optimiser.step()
        return norm

    def generator_step(self) -> None:
        self.generator_optimiser.zero_grad()
        self.objective.generator_loss(self.critic(self.generator(self.latent(BATCH)))).backward()
        self.generator_optimiser.step()

    @torch.no_grad()
    def generate(self, count: int) -> Tensor:
        """(N, 2, 1, 1)."""
        generated: Tensor = self.generator(self.latent(count))
        return generated

    def latent(self, count: int) -> Tensor:
        return torch.randn(count, 2, generator=self.random)


def network(end: nn.Module, outputs: int) -> nn.Sequential:
    """Two numbers -> outputs, shaped by `end`: three hidden layers with ReLU, initialised after He et al. 2015."""
    sizes = (2, WIDTH, WIDTH, WIDTH, outputs)
    layers = [nn.Linear(before, after) for before, after in pairwise(sizes)]
    for layer in layers[:-1]:
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
    hidden = [module for layer in layers[:-1] for module in (layer, nn.ReLU())]
    return nn.Sequential(nn.Flatten(), *hidden, layers[-1], end)


def adam(net: nn.Module) -> torch.optim.Adam:
    return torch.optim.Adam(net.parameters(), lr=LEARNING_RATE, betas=(0.5, 0.9), fused=True)


def swiss_roll(count: int, rng: np.random.Generator) -> Points:
    """What scikit-learn's make_swiss_roll(noise=0.25) has in columns 0 and 2, divided by 7.5, as in WGAN-GP's toy code."""
    t = 1.5 * np.pi * (1 + 2 * rng.random((count, 1)))
    roll = t * np.hstack([np.cos(t), np.sin(t)])
    points: Points = ((roll + 0.25 * rng.standard_normal(roll.shape)) / 7.5).astype(np.float32)
    return points


def wasserstein(a: Points, b: Points) -> float:
    """Exact Wasserstein-1 distance with Euclidean cost between as many points on both sides."""
    if not np.isfinite(a).all():
        return math.inf
    return float(ot.emd2([], [], ot.dist(a.astype(float), b.astype(float), metric="euclidean"), numItermax=10**7))


def report(results: dict[Run, Result], seeds: int, steps: int) -> None:
    rolls = [[swiss_roll(SAMPLES, np.random.default_rng([seed, k])) for k in (1, 2)] for seed in range(seeds)]
    floor = [wasserstein(*pair) for pair in rolls]
    collapsed = [wasserstein(np.zeros_like(a) + a.mean(axis=0), a) for a, _ in rolls]
    print(f"{machine()}, torch {torch.__version__}, POT {ot.__version__}\n")
    print(f"{steps} generator steps, {CRITIC_STEPS} critic steps each, batch {BATCH}, width {WIDTH}, Adam {LEARNING_RATE:g}.")
    print(f"Exact Wasserstein-1 distance between {SAMPLES} generated and as many fresh real samples;")
    print(f"diverged: further away than one point at the mean of the real samples, {median(collapsed):.2f}.")
    print("Mean norm: of the critic's gradient at the watched points, over the second half of a run.")
    print(f"Medians of {seeds} seeds (ranges).\n")
    print("| objective | start lambda | distance | diverged | last lambda | mean norm |\n|---|---|---|---|---|---|")
    print(f"| real against real | | {spread(floor)} | | | |")
    medians: dict[str, list[float]] = {name: [] for name in OBJECTIVE_NAMES}
    for name in OBJECTIVE_NAMES:
        for start in STARTS:
            group = of(results, name, start)
            distances = [result.distance for result in group]
            diverged = sum(distance > median(collapsed) for distance in distances)
            lambdas, norms = [result.weight for result in group], [result.mean_norm for result in group]
            medians[name].append(median(distances))
            print(f"| {name} | {start:g} | {spread(distances)} | {diverged} | {spread(lambdas)} | {spread(norms)} |")
    for name, values in medians.items():
        print(f"| **{name}** | worst / best start | {max(values) / min(values):.2f} | | | |")


def of(results: dict[Run, Result], objective: str, start: float) -> list[Result]:
    """One result a seed."""
    return [result for run, result in results.items() if (run.objective, run.start) == (objective, start)]


def spread(values: list[float]) -> str:
    low, middle, high = (f"{value:.3g}" for value in (min(values), median(values), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def draw(results: dict[Run, Result]) -> None:
    """A scatter plot for each objective and start lambda, of the seed with the median distance; real samples in grey."""
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    axes = figure.subplots(len(OBJECTIVE_NAMES), len(STARTS))
    real = swiss_roll(1000, np.random.default_rng(0))
    for row, name, colour in zip(axes, OBJECTIVE_NAMES, ("tab:orange", "tab:blue"), strict=True):
        for cell, start in zip(row, STARTS, strict=True):
            group = of(results, name, start)
            middle = median_low(result.distance for result in group)
            points = np.array(next(result.points for result in group if result.distance == middle))
            cell.scatter(*real.T, s=1, c="lightgrey", linewidths=0)
            cell.scatter(*points[:1000].T, s=1, c=colour, linewidths=0)
            cell.set(xlim=(-2.4, 2.4), ylim=(-2.4, 2.4), xticks=[], yticks=[], aspect="equal")
            cell.set_title(f"$\\lambda$ = {start:g}: {middle:.2f}", fontsize=9)
        row[0].set_ylabel({"wgan-gp": "WGAN-GP", "a-wgan": "A-WGAN"}[name])
    figure.savefig(PICTURE, dpi=100)


if __name__ == "__main__":
    main()
