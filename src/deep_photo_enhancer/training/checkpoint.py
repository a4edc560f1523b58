"""Checkpoints: one folder a step, tensors as safetensors, all else as JSON; a half-written one never counts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from deep_photo_enhancer.errors import TrainingError

KEPT = 2
ENHANCER = "enhancer"


@dataclass(frozen=True)
class Checkpoint:
    """What a run needs to go on, and what an export needs."""

    step: int
    """Updates done."""
    config: dict[str, Any]
    """The run's TrainConfig."""
    tensors: dict[str, dict[str, Tensor]]
    """By part: each network and optimiser, "average" (where one is kept), and ENHANCER."""
    state: dict[str, Any]
    """By part: what has no tensors, such as adaptive weights."""

    @property
    def enhancer(self) -> dict[str, Tensor]:
        """Weights of the network that is validated and exported."""
        return self.tensors[ENHANCER]


def save_checkpoint(checkpoint: Checkpoint, run: Path) -> Path:
    """Write below RUN/checkpoints, then drop all but the newest few. TrainingError when that fails: the earlier ones stay."""
    folder = run / "checkpoints" / f"{checkpoint.step:08d}"
    unfinished = folder.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        _write(checkpoint, unfinished)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        reason = getattr(error, "strerror", None) or error
        raise TrainingError(
            f"{folder}: cannot save this checkpoint: {reason}; make room or mend the folder, then continue the run"
        ) from error
    for old in _folders(run)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def _write(checkpoint: Checkpoint, folder: Path) -> None:
    folder.mkdir(parents=True)
    for part, tensors in checkpoint.tensors.items():
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / f"{part}.safetensors")
    state = {"step": checkpoint.step, "config": checkpoint.config, "state": checkpoint.state}
    (folder / "state.json").write_text(json.dumps(state, indent=1), encoding="utf-8")


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint's folder, or the newest one of a run's folder. TrainingError when there is none."""
    folder = path
    if not (path / "state.json").is_file():
        folders = _folders(path)
        if not folders:
            raise TrainingError(f"{path}: holds no checkpoint; name the folder of a run that saved one")
        folder = folders[-1]
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        tensors = {file.stem: load_file(file) for file in sorted(folder.glob("*.safetensors"))}
        tensors[ENHANCER]  # a checkpoint that lost its weights is damaged too
        return Checkpoint(state["step"], state["config"], tensors, state["state"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise TrainingError(f"{folder}: a damaged checkpoint ({error}); remove it to use the one before") from error


def has_checkpoint(run: Path) -> bool:
    """Whether the run can be continued."""
    return bool(_folders(run))


def _folders(run: Path) -> list[Path]:
    return sorted(folder for folder in (run / "checkpoints").glob("*") if folder.name.isdigit())


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Adam's moments by parameter number: what `restore_optimiser` takes."""
    state: Mapping[int, Mapping[str, Tensor]] = optimiser.state_dict()["state"]
    return {f"{number}.{name}": tensor for number, values in state.items() for name, tensor in values.items()}


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `optimiser_tensors` gave."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        number, name = key.split(".")
        state.setdefault(int(number), {})[name] = tensor
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
