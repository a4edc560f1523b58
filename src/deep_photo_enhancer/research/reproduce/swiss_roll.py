"""A-WGAN against WGAN-GP on the swiss roll, from start lambdas four decades apart: Fig. 3 of the paper, with a distance.

Networks, data and optimiser are those of WGAN-GP's released toy code. One thread, fixed seeds; objectives and start lambdas share
each seed's initial networks and data.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mean, median, median_low

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from torch import Tensor, nn

from deep_photo_enhancer.research.reproduce.budgets import ReproduceOptions
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.system.progress import show_progress
from deep_photo_enhancer.system.text import table
from deep_photo_enhancer.training.losses.adaptive_weight import AdaptiveWeight
from deep_photo_enhancer.training.losses.adversarial import OBJECTIVES, critic_total

Points = NDArray[np.float32]
"""(N, 2)."""
OBJECTIVE_NAMES = ("wgan-gp", "a-wgan")
STARTS = (0.01, 0.1, 1.0, 10.0, 100.0)
BATCH = 256
CRITIC_STEPS = 5
LEARNING_RATE = 1e-4


@dataclass(frozen=True)
class RollSettings:
    """Of one run."""

    objective: str
    start: float
    """lambda at the first step."""
    seed: int
    steps: int
    """Of the generator."""
    width: int
    """Of the hidden layers."""
    samples: int
    """Of each side of a distance."""

    @property
    def name(self) -> str:
        return f"{self.objective}-{self.start:g}-seed{self.seed}-{self.steps}steps-{self.width}wide"


@dataclass(frozen=True)
class RollResult:
    """Of one run."""

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


def reproduce_swiss_roll(options: ReproduceOptions) -> str:
    """Train what is not done and return the report, which is also written below the options' folder, with its picture."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    size = options.budget.swiss_roll
    runs = [
        RollSettings(name, start, seed, size.steps, size.width, size.samples)
        for seed in range(options.seeds or size.seeds)
        for name in OBJECTIVE_NAMES
        for start in STARTS
    ]
    results = {
        run: _find_or_train(run, options.folder / "swiss-roll") for run in show_progress(runs, "training", len(runs), "run")
    }
    place = options.folder / "figure3"
    place.mkdir(parents=True, exist_ok=True)
    draw(results, place / "swiss-roll.png")
    text = "\n".join(["# figure3: A-WGAN on the swiss roll", "", *report(results), "", "![Samples](swiss-roll.png)", ""])
    with atomic_write(place / "report.md") as unfinished:
        unfinished.write_text(text, encoding="utf-8")
    return text


def _find_or_train(run: RollSettings, folder: Path) -> RollResult:
    """The run's result from the folder, or a new one, kept there."""
    file = folder / f"{run.name}.json"
    if not file.exists():
        result = json.dumps(asdict(train(run)))
        with atomic_write(file) as unfinished:
            unfinished.write_text(result, encoding="utf-8")
    return RollResult(**json.loads(file.read_text(encoding="utf-8")))


def train(run: RollSettings) -> RollResult:
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
    points = game.generate(run.samples).flatten(1).numpy()
    distance = wasserstein(points, swiss_roll(run.samples, np.random.default_rng([run.seed, 1])))
    kept_points = points.astype(float).round(3).tolist()
    return RollResult(distance, game.weight.value, mean(norms[len(norms) // 2 :]), trace, kept_points)


class Game:
    """Generator and critic of one run."""

    def __init__(self, run: RollSettings) -> None:
        self.objective = OBJECTIVES[run.objective]
        self.weight = AdaptiveWeight(run.start, adapts=self.objective.adaptive)
        self.generator = network(nn.Unflatten(1, (2, 1, 1)), run.width, outputs=2)
        self.critic = network(nn.Flatten(0), run.width, outputs=1)
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


def network(end: nn.Module, width: int, outputs: int) -> nn.Sequential:
    """Two numbers -> outputs, shaped by `end`: three hidden layers with ReLU, initialised after He et al. 2015."""
    sizes = (2, width, width, width, outputs)
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
    costs = cdist(a, b)
    return float(costs[linear_sum_assignment(costs)].mean())


def report(results: Mapping[RollSettings, RollResult]) -> list[str]:
    """Lines of Markdown."""
    seeds = sorted({run.seed for run in results})
    first = next(iter(results))
    rolls = [[swiss_roll(first.samples, np.random.default_rng([seed, k])) for k in (1, 2)] for seed in seeds]
    floor = [wasserstein(*pair) for pair in rolls]
    collapsed = median(wasserstein(np.zeros_like(a) + a.mean(axis=0), a) for a, _ in rolls)
    lines = [
        f"{first.steps} generator steps, {CRITIC_STEPS} critic steps each, batch {BATCH}, width {first.width}, Adam "
        f"{LEARNING_RATE:g}. Exact Wasserstein-1 distance between {first.samples} generated and as many real samples; diverged: "
        f"further away than one point at the mean of the real samples, {collapsed:.2f}. Mean norm: of the critic's gradient at "
        f"the watched points, over the second half of a run. Medians of {len(seeds)} seeds (ranges).",
        "",
    ]
    rows = [["real against real", "", spread(floor), "", "", ""]]
    worst_to_best = []
    for name in OBJECTIVE_NAMES:
        medians = []
        for start in STARTS:
            group = results_of(results, name, start)
            distances = [result.distance for result in group]
            diverged = sum(distance > collapsed for distance in distances)
            lambdas, norms = [result.weight for result in group], [result.mean_norm for result in group]
            medians.append(median(distances))
            rows.append([name, f"{start:g}", spread(distances), str(diverged), spread(lambdas), spread(norms)])
        worst_to_best.append([name, "worst / best start", f"{max(medians) / min(medians):.2f}", "", "", ""])
    columns = ("objective", "start lambda", "distance", "diverged", "last lambda", "mean norm")
    return [*lines, table(columns, rows + worst_to_best)]


def results_of(results: Mapping[RollSettings, RollResult], objective: str, start: float) -> list[RollResult]:
    """One result a seed."""
    return [result for run, result in results.items() if (run.objective, run.start) == (objective, start)]


def spread(values: Sequence[float]) -> str:
    low, middle, high = (f"{value:.3g}" for value in (min(values), median(values), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def draw(results: Mapping[RollSettings, RollResult], picture: Path) -> None:
    """A scatter plot for each objective and start lambda, of the seed with the median distance; real samples in grey."""
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    axes = figure.subplots(len(OBJECTIVE_NAMES), len(STARTS))
    real = swiss_roll(1000, np.random.default_rng(0))
    for row, name, colour in zip(axes, OBJECTIVE_NAMES, ("tab:orange", "tab:blue"), strict=True):
        for cell, start in zip(row, STARTS, strict=True):
            group = results_of(results, name, start)
            middle = median_low(result.distance for result in group)
            points = np.array(next(result.points for result in group if result.distance == middle))
            cell.scatter(*real.T, s=1, c="lightgrey", linewidths=0)
            cell.scatter(*points[:1000].T, s=1, c=colour, linewidths=0)
            cell.set(xlim=(-2.4, 2.4), ylim=(-2.4, 2.4), xticks=[], yticks=[], aspect="equal")
            cell.set_title(f"$\\lambda$ = {start:g}: {middle:.2f}", fontsize=9)
        row[0].set_ylabel({"wgan-gp": "WGAN-GP", "a-wgan": "A-WGAN"}[name])
    figure.savefig(picture, dpi=100)
