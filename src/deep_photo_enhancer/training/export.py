"""Writes a trained network as an ONNX file that the enhancer takes."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor

from deep_photo_enhancer.enhancement.models import CONFIG_KEY, ModelCard, known_models, load_model
from deep_photo_enhancer.errors import ModelError, TrainingError
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.training.checkpoint import Checkpoint, load_checkpoint
from deep_photo_enhancer.training.config import from_dict
from deep_photo_enhancer.training.graph import enhancer_graph
from deep_photo_enhancer.training.networks.config import U_NETS, NetworkConfig, enhancer_config
from deep_photo_enhancer.training.networks.global_unet import GlobalUNet
from deep_photo_enhancer.training.start import load_start, weights_for

PATHS = ("run", "start_from", "labels", "inputs", "validation", "leave_out", "cache")
"""Settings that name files or folders."""


@dataclass(frozen=True)
class Words:
    """What a model's file says of itself in words."""

    description: str | None = None
    """One sentence on what the model does."""
    data: str | None = None
    """What it learned from."""
    licence: str | None = None
    """Under which it may be used."""


def export_runs(sources: Sequence[Path], output: Path, words: Words) -> Path:
    """Write the enhancer of a run, or the mean of the weights of several runs and models, with their configurations and a card.

    The first is a run. Others that started from the same weights may be averaged with it: the mean is often better than either
    (Wortsman et al., "Model soups", 2022); and the mean with the model that a run started from goes half as far as the run.
    Models are named, or given by their files. TrainingError without a checkpoint, when the networks differ, or when they are no
    U-Nets; ModelError when the output does not end in .onnx or cannot be written.
    """
    _check_suffix(output)
    first = load_checkpoint(sources[0])
    config = _enhancer(first)
    if not config.is_u_net:
        raise TrainingError(
            f"{sources[0]}: a model file holds a {' or a '.join(U_NETS)}, not the architecture {config.architecture}; `dpe run` "
            "writes the pictures that it makes"
        )
    network = GlobalUNet(config)
    network.load_state_dict(first.enhancer)
    training = [_training(first)]
    weights = [first.enhancer]
    for source in sources[1:]:
        if _is_model(source):
            weights.append(weights_for(network, load_start(str(source))))
            training.append({"model": source.stem})
            continue
        checkpoint = load_checkpoint(source)
        if _enhancer(checkpoint) != config:
            raise TrainingError(f"{source}: has another network than {sources[0]}; export them one by one")
        weights.append(checkpoint.enhancer)
        training.append(_training(checkpoint))
    network.load_state_dict(mean_weights(weights))
    details = {
        "description": words.description or "your own model",
        "card": asdict(_card(output, words, ModelCard("", _today(), _describe_data(training), "not said: your own"))),
        "network": network.config.to_dict(),
        "training": training,
    }
    return export_network(network, output, details)


def _is_model(source: Path) -> bool:
    return source.suffix == ".onnx" or (str(source) in known_models() and not source.exists())


def _training(checkpoint: Checkpoint) -> dict[str, Any]:
    """What a model's file says of a run that it was made of."""
    return {"step": checkpoint.step, **_strip_paths(checkpoint.config)}


def export_of_run(run: Path) -> Path:
    """RUN/enhancer.onnx, written where it is not there or older than the newest checkpoint. Errors as of `export_runs`."""
    output = run / "enhancer.onnx"
    states = [run / "state.json", *run.glob("checkpoints/*/state.json")]
    newest = max((state.stat().st_mtime_ns for state in states if state.is_file()), default=None)
    if newest is None:
        raise ModelError(f"{run}: is a folder, and not of a training run with a checkpoint; name a model, or its .onnx file")
    if not output.is_file() or output.stat().st_mtime_ns < newest:
        export_runs([run], output, Words(f"the run {run.resolve().name}"))
    return output


def rewrite_words(model: Path, output: Path, words: Words) -> Path:
    """Write a model's file again with another description and card. What the words leave open stays as it was, weights always.

    ModelError when the file is no model of this tool, or the output cannot be written.
    """
    _check_suffix(output)
    loaded = load_model(model)
    details = dict(loaded.details)
    before = loaded.card or ModelCard("", _today(), _describe_data(details.get("training", [])), "not said")
    details["description"] = words.description or details["description"]
    details["card"] = asdict(_card(output, words, before))
    return _save(onnx.load(model), output, details)


def _check_suffix(output: Path) -> None:
    if output.suffix != ".onnx":
        raise ModelError(f"{output}: name the model's file, ending in .onnx")


def _card(output: Path, words: Words, otherwise: ModelCard) -> ModelCard:
    """otherwise: what stands where the words say nothing."""
    return ModelCard(output.stem, otherwise.date, words.data or otherwise.data, words.licence or otherwise.licence)


def _today() -> str:
    return datetime.date.today().isoformat()


def _describe_data(training: Sequence[Mapping[str, Any]]) -> str:
    """The names of the folders that runs learned from."""
    names = {str(name) for run in training for key in ("labels", "inputs") for name in run.get("data", {}).get(key, ())}
    return f"photos in {', '.join(sorted(names))}" if names else "not said"


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
    onnx.checker.check_model(model)
    return _save(model, output, details)


def _save(model: onnx.ModelProto, output: Path, details: Mapping[str, object]) -> Path:
    onnx.helper.set_model_props(model, {CONFIG_KEY: json.dumps(dict(details))})
    try:
        with atomic_write(output) as unfinished:
            onnx.save_model(model, unfinished)
    except OSError as error:
        raise ModelError(f"{output}: cannot write there: {error.strerror}; choose another file") from error
    return output
