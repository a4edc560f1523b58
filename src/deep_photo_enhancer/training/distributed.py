"""Several processes that train one network, as `torchrun` starts them; one process needs none of it."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel


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


def join_processes(device: str) -> Processes:
    """Meet the other processes of `torchrun` (NCCL on CUDA, gloo on the CPU); alone without it."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Processes()
    torch.distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    return Processes(torch.distributed.get_rank(), count, int(os.environ["LOCAL_RANK"]))


def leave_processes(processes: Processes) -> None:
    """Undo `join_processes`."""
    if processes.count > 1:
        torch.distributed.destroy_process_group()


def share_gradients(network: nn.Module, device: torch.device, processes: Processes) -> nn.Module:
    """The network with its gradients averaged over the processes."""
    if processes.count == 1:
        return network
    return DistributedDataParallel(network, device_ids=[device.index] if device.type == "cuda" else None)
