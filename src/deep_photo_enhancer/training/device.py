"""Where a run computes."""

from __future__ import annotations

import torch

from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.training.distributed import Processes


def find_device(name: str, processes: Processes) -> torch.device:
    """cpu, cuda or cuda:n; with several processes, each one's own GPU. TrainingError when there is none."""
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise TrainingError(f"device {name}: no such device; use cpu, cuda or cuda:n") from error
    if device.type not in ("cpu", "cuda"):
        raise TrainingError(f"device {name}: not supported; use cpu, cuda or cuda:n")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise TrainingError(f"device {name}: this machine or this PyTorch has no such CUDA device; use cpu")
    if device.type == "cuda" and processes.count > 1:
        return torch.device("cuda", processes.local_rank)
    return device
