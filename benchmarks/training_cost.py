"""What a training run costs: FLOP counted in real steps, GPU-hours estimated from them, and the memory that autograd holds.

python -m benchmarks.training_cost [--budget paper] [--image-size 512] [--rates 2 5 10]

A step is run on the CPU with two random photos at S = 128, and PyTorch counts its convolutions and fully connected layers:
forward, backward and in the penalty's second backward; FLOP and memory grow with the area to the wanted S. The steps of a whole
run follow from the budget. Hours are an estimate: a GPU that sustains so many TFLOP/s (--rates). Memory is what autograd holds
for one photo at its peak, times the batch, and the weights with their gradients and Adam's moments; libraries and working memory
come on top.
"""

import argparse
import weakref
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from benchmarks.machine import machine
from deep_photo_enhancer.research.reproduce.budgets import BUDGETS, Budget
from deep_photo_enhancer.system.text import table
from deep_photo_enhancer.training.config import TrainConfig, from_dict
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.method import Batch, Method, TrainingContext
from deep_photo_enhancer.training.trainer import build_method

COUNTED_SIZE = 128
PHOTOS = 2
"""In the step that is counted."""
RUNS: dict[str, dict[str, Any]] = {
    "supervised": {"method": "supervised"},
    "one-way A-WGAN": {"method": "one_way"},
    "two-way A-WGAN, iBN": {"method": "two_way", "network.individual_batch_norm": True},
}


@dataclass(frozen=True)
class Cost:
    """Of one photo in one step, and of what does not depend on the photos."""

    flop: int
    saved_bytes: int
    """Most that autograd held at one moment."""
    weights: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image-size", type=int, default=None)
    parser.add_argument("--budget", default="paper", choices=BUDGETS)
    parser.add_argument("--rates", type=float, nargs="+", default=[2, 5, 10], help="TFLOP/s that a GPU sustains")
    arguments = parser.parse_args()
    budget = BUDGETS[arguments.budget]
    size = arguments.image_size or budget.image_size
    print(f"{machine()}, torch {torch.__version__}; S = {size}, budget {budget.name}\n")
    hours = [f"hours at {rate:g} TFLOP/s" for rate in arguments.rates]
    print(table(["run", "updates", "TFLOP an update", "PFLOP in all", *hours, "GB"], rows(budget, size, arguments.rates)))


def rows(budget: Budget, size: int, rates: list[float]) -> list[list[str]]:
    cells = []
    for name, settings in RUNS.items():
        config = configure(budget, settings)
        cost, steps, batch = cost_of_step(config), config.optimiser.steps, config.optimiser.batch_size
        area = (size / COUNTED_SIZE) ** 2
        of_update = cost.flop * batch * area
        gigabytes = (cost.saved_bytes * batch * area + cost.weights * 4 * 4) / 1e9
        hours = [f"{of_update * steps / (rate * 1e12) / 3600:.0f}" for rate in rates]
        cells.append(
            [name, f"{steps:,}", f"{of_update / 1e12:.2f}", f"{of_update * steps / 1e15:,.0f}", *hours, f"{gigabytes:.1f}"]
        )
    return cells


def configure(budget: Budget, settings: dict[str, Any]) -> TrainConfig:
    kind = budget.supervised if settings["method"] == "supervised" else budget.gan
    nested: dict[str, Any] = {"data": {"labels": ["none"]}, "network": {"image_size": COUNTED_SIZE}}
    for key, value in {**kind, **settings}.items():
        *sections, last = key.split(".")
        within = nested
        for section in sections:
            within = within.setdefault(section, {})
        within[last] = value
    return from_dict(TrainConfig, nested)


def cost_of_step(config: TrainConfig) -> Cost:
    """Of a step with all its critic steps, for one photo: two critic steps are run and the others counted as the second."""
    if config.method == "supervised":
        return measure(config)
    one, two = (measure(replace(config, gan=replace(config.gan, critic_steps=count))) for count in (1, 2))
    return replace(two, flop=one.flop + (config.gan.critic_steps - 1) * (two.flop - one.flop))


def measure(config: TrainConfig) -> Cost:
    """One step with PHOTOS, for each of them."""
    torch.manual_seed(0)
    context = TrainingContext(config, torch.device("cpu"), Processes(), torch.amp.GradScaler("cpu", enabled=False))
    method = build_method(context)
    batches = [random_batch(config) for _ in range(method.batches_a_step)]
    last = config.optimiser.steps - 1  # all networks learn in it
    held = HeldMemory(method)
    with FlopCount() as count, saved_tensors_hooks(held.pack, held.unpack):
        method.update(batches, last, config.optimiser.learning_rate)
    weights = sum(each.numel() for network in method.networks.values() for each in network.parameters())
    return Cost(count.total // PHOTOS, held.most // PHOTOS, weights)


def random_batch(config: TrainConfig) -> Batch:
    size = config.network.image_size
    x, y, mask = torch.rand(PHOTOS, 3, size, size), torch.rand(PHOTOS, 3, size, size), torch.ones(PHOTOS, 1, size, size)
    return [x, y, mask] if config.method == "supervised" else [x, mask, y, mask]


class FlopCount(TorchDispatchMode):
    """PyTorch's own counts of an operation's FLOP, summed; `FlopCounterMode` does not take a second backward."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if func._overloadpacket in flop_registry:
            self.total += flop_registry[func._overloadpacket](*args, **(kwargs or {}), out_val=out)
        return out


class HeldMemory:
    """Bytes of the tensors that autograd holds for a backward pass, each storage once, without the weights."""

    def __init__(self, method: Method) -> None:
        self.weights = {each.data_ptr() for network in method.networks.values() for each in network.parameters()}
        self.holders: dict[int, int] = {}
        """How many hold a storage, by its address."""
        self.now = self.most = 0

    def pack(self, tensor: Tensor) -> "Held":
        storage = tensor.untyped_storage()
        address, size = storage.data_ptr(), storage.nbytes()
        held = Held(tensor)
        if address not in self.weights:
            self.holders[address] = self.holders.get(address, 0) + 1
            if self.holders[address] == 1:
                self.now += size
                self.most = max(self.most, self.now)
            weakref.finalize(held, self.release, address, size)
        return held

    def unpack(self, held: "Held") -> Tensor:
        return held.tensor

    def release(self, address: int, size: int) -> None:
        self.holders[address] -= 1
        if not self.holders[address]:
            self.now -= size


class Held:
    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


if __name__ == "__main__":
    main()
