"""Training on a GPU held against the same training on the CPU, and what an update takes there in time and memory.

python -m benchmarks.gpu [--device cuda] [--updates 20]

Equality: the same first STEPS updates at S = 64 on both, for methods without random numbers of the device's own (LSGAN), and the
slope of a critic, which the gradient penalty is made of, with the gradient that it sends to the critic's weights; the largest
relative difference, in full precision (TF32 off) and as PyTorch does it by itself. Time and memory: updates of the budget `paper`
(S = 512, its batch and its critic steps, on random photos that lie ready), the median of --updates of them, and the most memory
that PyTorch held.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from benchmarks.machine import machine
from benchmarks.training_cost import RUNS, configure, cost_of_step, random_batch
from deep_photo_enhancer.research.reproduce.budgets import BUDGETS
from deep_photo_enhancer.system.text import table
from deep_photo_enhancer.training.config import MachineConfig, TrainConfig
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.losses.penalties import gradient_norms
from deep_photo_enhancer.training.method import Method, TrainingContext
from deep_photo_enhancer.training.trainer import build_method

STEPS = 10
PRECISIONS = ("fp32", "bf16", "fp16")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--updates", type=int, default=20)
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    print(f"{machine()}, torch {torch.__version__}; {torch.cuda.get_device_name(device)}\n", flush=True)
    print(table(["run", "difference, full precision", "difference, PyTorch's default"], equality(device)), flush=True)
    print()
    heading = ["run", "precision", "ms an update", "TFLOP/s", "hours of the whole run", "GB"]
    print(table(heading, speeds(device, arguments.updates)), flush=True)


def equality(device: torch.device) -> list[list[str]]:
    cells = []
    for name, (measure, settings) in EQUAL.items():
        config = configure(BUDGETS["small"], settings)
        config = replace(config, network=replace(config.network, image_size=64))
        on_cpu = measure(config, torch.device("cpu"))
        differences = []
        for allowed in (False, True):
            torch.backends.cudnn.allow_tf32 = allowed
            differences.append(f"{largest_difference(on_cpu, measure(config, device)):.1e}")
        cells.append([name, *differences])
    return cells


def losses(config: TrainConfig, device: torch.device) -> list[dict[str, float]]:
    torch.manual_seed(0)
    method = build(config, device)
    batches = [[random_batch(config) for _ in range(method.batches_a_step)] for _ in range(STEPS)]
    return [method.update(batch, step, config.optimiser.learning_rate) for step, batch in enumerate(batches)]


def slope(config: TrainConfig, device: torch.device) -> list[dict[str, float]]:
    """The critic's gradient norm at random photos, and the size of what its square sends to each of the weights."""
    torch.manual_seed(0)
    critic = build(config, device).networks["critic_y"]
    norms = gradient_norms(critic, random_batch(config)[0].to(device))
    (norms**2).mean().backward()
    sizes = {name: float(weights.grad.norm()) for name, weights in critic.named_parameters() if weights.grad is not None}
    return [{f"norm {i}": float(norm) for i, norm in enumerate(norms.detach())} | sizes]


EQUAL: dict[str, tuple[Callable[[TrainConfig, torch.device], list[dict[str, float]]], dict[str, Any]]] = {
    "supervised": (losses, {"method": "supervised"}),
    "one-way LSGAN": (losses, {"method": "one_way", "gan.objective": "lsgan"}),
    "two-way LSGAN, iBN": (losses, {"method": "two_way", "gan.objective": "lsgan", "network.individual_batch_norm": True}),
    "slope of the paper's critic": (slope, {"method": "one_way"}),
    "slope of the pooled critic": (slope, {"method": "one_way", "gan.critic": "pooled"}),
}
"""What is held against each other, and its settings."""


def largest_difference(a: list[dict[str, float]], b: list[dict[str, float]]) -> float:
    """Over all figures of all steps, relative to the largest value that the figure had; NaN where one is."""
    figures, others = (np.array([[of_step[name] for name in a[0]] for of_step in steps]) for steps in (a, b))
    largest = np.abs(figures).max(axis=0)
    return float((np.abs(figures - others) / np.where(largest > 0, largest, 1)).max())


def speeds(device: torch.device, updates: int) -> list[list[str]]:
    budget, cells = BUDGETS["paper"], []
    for name, settings in RUNS.items():
        counted = configure(budget, settings)
        config = replace(counted, network=replace(counted.network, image_size=budget.image_size))
        batch, steps = config.optimiser.batch_size, config.optimiser.steps
        flop = cost_of_step(counted).flop * batch * (budget.image_size / counted.network.image_size) ** 2
        for precision in PRECISIONS:
            torch.cuda.reset_peak_memory_stats(device)
            seconds = time_updates(replace(config, machine=MachineConfig(device.type, precision)), device, updates)
            gigabytes = torch.cuda.max_memory_allocated(device) / 1e9
            cells.append(
                [
                    name,
                    precision,
                    f"{seconds * 1000:.0f}",
                    f"{flop / seconds / 1e12:.1f}",
                    f"{seconds * steps / 3600:.1f}",
                    f"{gigabytes:.1f}",
                ]
            )
    return cells


def time_updates(config: TrainConfig, device: torch.device, updates: int) -> float:
    """Median seconds of one, after one that does not count."""
    torch.manual_seed(0)
    method = build(config, device)
    size = config.optimiser.batch_size
    batches: list[Any] = [[part[:1].repeat(size, 1, 1, 1) for part in random_batch(config)] for _ in range(method.batches_a_step)]
    last = config.optimiser.steps - 1  # all networks learn in it
    seconds = []
    for _ in range(updates + 1):
        torch.cuda.synchronize(device)
        start = time.perf_counter()
        method.update(batches, last, config.optimiser.learning_rate)
        torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def build(config: TrainConfig, device: torch.device) -> Method:
    scaler = torch.amp.GradScaler(device.type, enabled=config.machine.precision == "fp16")
    return build_method(TrainingContext(config, device, Processes(), scaler))


if __name__ == "__main__":
    main()
