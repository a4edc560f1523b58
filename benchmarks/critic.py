"""How soon does a critic tell two sets of photos apart, from weak and strong first lambdas, by the paper's letter and held?

python -m benchmarks.critic ORDINARY_FOLDER LIKED_FOLDER [--steps 200] [--image-size 64]

Only the critic learns (A-WGAN, batch 8, Adam 1e-4 with 0.5 and 0.9): the liked photos are its real ones, the ordinary ones stand
in for generated ones. The letter's lambda has a window of 50 steps and no floor; held, it has one of 5 steps and a floor of 1.5
times the gap.
"""

import argparse
import statistics
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from benchmarks.machine import machine
from benchmarks.tables import print_table
from deep_photo_enhancer.training.config import GanConfig
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.data.unpaired import UnpairedSamples, load_unpaired
from deep_photo_enhancer.training.gan import CriticLoss
from deep_photo_enhancer.training.losses.adaptive_weight import AdaptiveWeight, window_at
from deep_photo_enhancer.training.losses.adversarial import OBJECTIVES
from deep_photo_enhancer.training.networks.critic import Critic, PooledCritic

BATCH = 8
RATE = 1e-4
CRITICS: dict[str, Callable[[int], Critic | PooledCritic]] = {
    "paper, instance norm": Critic,
    "paper, no norm": lambda size: Critic(size, instance_norm=False),
    "pooled": PooledCritic,
}
REPORTS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ordinary")
    parser.add_argument("liked")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=200)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    data = DataConfig(labels=(arguments.liked,), inputs=(arguments.ordinary,), fit="crop")
    domains, _ = load_unpaired(data, arguments.image_size, seed=0)
    samples = UnpairedSamples(domains, data, arguments.image_size, 0, arguments.steps * BATCH)
    print(machine())
    print(f"S = {arguments.image_size}, {len(domains.x)} ordinary and {len(domains.y)} liked photos\n")
    every = arguments.steps // REPORTS
    print("Mean gap, largest gradient norm, last lambda:\n")
    ends = [f"to step {(i + 1) * every}" for i in range(REPORTS)]
    print_table(["critic", "lambda", "first", *ends], rows(samples, arguments.image_size, arguments.steps, every))


def rows(samples: UnpairedSamples, image_size: int, steps: int, every: int) -> Iterator[list[str]]:
    """One for each critic, kind of lambda and first lambda."""
    for name, build in CRITICS.items():
        for held in (False, True):
            for first in (10, image_size):
                torch.manual_seed(0)
                weight = AdaptiveWeight(first)
                if held:
                    weight = AdaptiveWeight(first, window=window_at(RATE), floor=GanConfig().penalty_floor)
                cells = learn(build(image_size), samples, weight, steps, every)
                yield [name, "held" if held else "letter", f"{first}", *cells]


def learn(
    critic: Critic | PooledCritic, samples: UnpairedSamples, weight: AdaptiveWeight, steps: int, every: int
) -> Iterator[str]:
    critic.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    loss = CriticLoss(critic, OBJECTIVES["a-wgan"])
    optimiser = torch.optim.Adam(critic.parameters(), lr=RATE, betas=(0.5, 0.9))
    random = torch.Generator().manual_seed(0)
    gaps, norms = [], []
    for step in range(steps):
        x, y = batch(samples, step)
        terms = loss(y, x, weight.value, random)
        optimiser.zero_grad()
        terms["total"].backward()
        optimiser.step()
        gaps.append(terms["gap"].item())
        norms.append(terms["norm"].item())
        weight.observe(norms[-1], gaps[-1])
        if (step + 1) % every == 0:
            yield f"{statistics.mean(gaps[-every:]):.2f}, {max(norms[-every:]):.2f}, {weight.value:g}"


def batch(samples: UnpairedSamples, step: int) -> tuple[Tensor, Tensor]:
    rows = [samples[n] for n in range(step * BATCH, (step + 1) * BATCH)]
    x, y = (torch.stack([row[i] for row in rows]).contiguous(memory_format=torch.channels_last) for i in (0, 2))
    return x, y


if __name__ == "__main__":
    main()
