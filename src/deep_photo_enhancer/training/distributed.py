"""Where a run computes: its device, and the processes that train one network together, as `torchrun` starts them."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.system.devices import parse_device


@dataclass(frozen=True)
class Processes:
    """This process among those that train together."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0

    @property
    def leads(self) -> bool:
        """Whether this process writes logs, pictures and checkpoints."""
        return self.rank == 0

    def total(self, values: list[float], device: torch.device) -> list[float]:
        """Each value summed over the processes: the same in all of them."""
        if self.count == 1:
            return values
        sums = torch.tensor(values, dtype=torch.float64, device=device)
        torch.distributed.all_reduce(sums)
        return [float(value) for value in sums]


def find_device(name: str, processes: Processes) -> torch.device:
    """Of `system.devices.parse_device`; with several processes, each its own GPU. TrainingError when there is none."""
    try:
        kind, number = parse_device(name)
    except ValueError as error:
        raise TrainingError(str(error)) from error
    if kind == "cpu" or (kind == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if (number or 0) >= torch.cuda.device_count():
        raise TrainingError(f"device {name}: this machine or this PyTorch has no such CUDA device; use cpu")
    if processes.count > 1:
        number = processes.local_rank
    return torch.device("cuda") if number is None else torch.device("cuda", number)


def has_fast_bf16(device: torch.device) -> bool:
    """Whether 16-bit arithmetic is the faster one there: CPUs with AVX512-BF16 or AMX, most GPUs of these years."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def join_processes(device: str) -> Processes:
    """Meet the other processes of `torchrun` (NCCL on CUDA, gloo on the CPU); alone without it."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Processes()
    on_cuda = device.startswith("cuda") or (device == "auto" and torch.cuda.is_available())
    torch.distributed.init_process_group("nccl" if on_cuda else "gloo")
    return Processes(torch.distributed.get_rank(), count, int(os.environ["LOCAL_RANK"]))


def leave_processes(processes: Processes) -> None:
    """Undo `join_processes`."""
    if processes.count > 1:
        torch.distributed.destroy_process_group()


def average_gradients(network: nn.Module, processes: Processes) -> None:
    """Average the gradients that the network's parameters have over the processes, outside of `share_gradients`."""
    if processes.count > 1:
        for parameter in network.parameters():
            if parameter.grad is not None:
                torch.distributed.all_reduce(parameter.grad)
                parameter.grad /= processes.count


def share_gradients(network: nn.Module, device: torch.device, processes: Processes) -> nn.Module:
    """The network with its gradients averaged over the processes."""
    if processes.count == 1:
        return network
    return DistributedDataParallel(network, device_ids=[device.index] if device.type == "cuda" else None)
