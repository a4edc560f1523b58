"""Writes a trained network as an ONNX file that the enhancer takes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor

from deep_photo_enhancer.enhancement.models import CONFIG_KEY
from deep_photo_enhancer.errors import ModelError, TrainingError
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.training.checkpoint import Checkpoint, load_checkpoint
from deep_photo_enhancer.training.config import from_dict
from deep_photo_enhancer.training.graph import enhancer_graph
from deep_photo_enhancer.training.networks.config import U_NETS, NetworkConfig, enhancer_config
from deep_photo_enhancer.training.networks.global_unet import GlobalUNet

PATHS = ("run", "start_from", "labels", "inputs", "validation", "leave_out", "cache")
"""Settings that name files or folders."""


def export_runs(runs: Sequence[Path], output: Path, description: str) -> Path:
    """Write the enhancer of a run, or the mean of several runs' weights, with their configurations.

    Runs that start from the same weights may be averaged: the mean is often better than either (Wortsman et al., "Model soups",
    2022). TrainingError without a checkpoint, when the runs' networks differ, or when they are no U-Nets; ModelError when the
    output does not end in .onnx or cannot be written.
    """
    if output.suffix != ".onnx":
        raise ModelError(f"{output}: name the model's file, ending in .onnx")
    checkpoints = [load_checkpoint(run) for run in runs]
    first, *others = checkpoints
    for run, other in zip(runs[1:], others, strict=True):
        if _enhancer(other) != _enhancer(first):
            raise TrainingError(f"{run}: has another network than {runs[0]}; export them one by one")
    config = _enhancer(first)
    if not config.is_u_net:
        raise TrainingError(
            f"{runs[0]}: a model file holds a {' or a '.join(U_NETS)}, not the architecture {config.architecture}; `dpe run` "
            "writes the pictures that it makes"
        )
    network = GlobalUNet(config)
    network.load_state_dict(mean_weights([checkpoint.enhancer for checkpoint in checkpoints]))
    details = {
        "description": description,
        "network": network.config.to_dict(),
        "training": [{"step": checkpoint.step, **_strip_paths(checkpoint.config)} for checkpoint in checkpoints],
    }
    return export_network(network, output, details)


def export_of_run(run: Path) -> Path:
    """RUN/enhancer.onnx, written where it is not there or older than the newest checkpoint. Errors as of `export_runs`."""
    output = run / "enhancer.onnx"
    states = [run / "state.json", *run.glob("checkpoints/*/state.json")]
    newest = max((state.stat().st_mtime_ns for state in states if state.is_file()), default=None)
    if newest is None:
        raise ModelError(f"{run}: is a folder, and not of a training run with a checkpoint; name a model, or its .onnx file")
    if not output.is_file() or output.stat().st_mtime_ns < newest:
        export_runs([run], output, f"the run {run.resolve().name}")
    return output


def _enhancer(checkpoint: Checkpoint) -> NetworkConfig:
    return enhancer_config(from_dict(NetworkConfig, checkpoint.config["network"], "network."))


def _strip_paths(settings: dict[str, Any]) -> dict[str, Any]:
    """Folders and files by their last names: a model that is given away tells nothing of its maker's disk."""
    named: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, dict):
            named[key] = _strip_paths(value)
        elif isinstance(value, str) and key in PATHS:
            named[key] = Path(value).name
        else:
            named[key] = [Path(item).name for item in value] if key in PATHS and value else value
    return named


def mean_weights(weights: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each tensor of floats; counters are those of the first."""
    return {
        name: torch.stack([each[name] for each in weights]).mean(0) if first.is_floating_point() else first
        for name, first in weights[0].items()
    }


def export_network(network: GlobalUNet, output: Path, details: Mapping[str, object]) -> Path:
    """Write a network as ONNX, see `graph.enhancer_graph`; details go into the file's metadata as JSON.

    ModelError when the file cannot be written.
    """
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items() if tensor.is_floating_point()}
    model = enhancer_graph(network.config, weights)
    onnx.helper.set_model_props(model, {CONFIG_KEY: json.dumps(dict(details))})
    onnx.checker.check_model(model)
    try:
        with atomic_write(output) as unfinished:
            onnx.save_model(model, unfinished)
    except OSError as error:
        raise ModelError(f"{output}: cannot write there: {error.strerror}; choose another file") from error
    return output
