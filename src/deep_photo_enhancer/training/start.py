"""Starting a run from a trained generator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from deep_photo_enhancer.enhancement.models import known_models, load_model
from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.training.checkpoint import load_checkpoint
from deep_photo_enhancer.training.config import from_dict
from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.networks.generator import Generator

SIZED_BY_IMAGE = "global_features.fully_connected1.weight"
LAST = ("decoder6.conv.weight", "decoder6.conv.bias")


@dataclass(frozen=True)
class Start:
    """A trained enhancer's weights and its network's configuration."""

    weights: dict[str, Tensor]
    network: dict[str, Any]


def load_start(name: str, strength: float = 1.0) -> Start:
    """From a run's folder, a checkpoint's, an .onnx file or a known model's name, its residual times `strength` (0: the identity,
    with all that the network sees in photos). An error if there is no such start, or if it is no U-Net and is to be weakened.
    """
    start = _load(name)
    if strength == 1:
        return start
    if any(weight not in start.weights for weight in LAST):
        raise TrainingError(f"start_strength: {name} is no U-Net, whose last layer gives what is added to x; leave it at 1")
    return Start(start.weights | {weight: start.weights[weight] * strength for weight in LAST}, start.network)


def _load(name: str) -> Start:
    if name in known_models() or Path(name).suffix == ".onnx":
        model = load_model(name)
        if "keep_ends" not in model.details["network"]:
            raise TrainingError(
                f"start_from: {name} is from an earlier version, with other skip connections; choose another start"
            )
        initialisers = onnx.load(model.path).graph.initializer
        weights = {each.name: torch.from_numpy(numpy_helper.to_array(each).copy()) for each in initialisers}
        return Start(weights, model.details["network"])
    checkpoint = load_checkpoint(Path(name))
    return Start(checkpoint.enhancer, checkpoint.config["network"])


def start_generator(network: Generator, start: Start) -> None:
    """Give G_X the weights of `start`; G'_X's batch norms begin as G_X's. TrainingError when the two do not fit."""
    network.load_state_dict(weights_for(network, start))


def weights_for(network: Generator, start: Start) -> dict[str, Tensor]:
    """The weights of `start`, made to fit a network of another S or with batch norms for G'_X. TrainingError when they do not."""
    return _fit_weights(start, network.config, network.state_dict())


def start_inverse(network: Generator, start: Start) -> None:
    """Give G_Y the weights of an enhancer with its residual negated: about the way back, where the residual is small.

    TrainingError when the two do not fit, or when the network gives no residual.
    """
    if not network.config.is_u_net:
        raise TrainingError(f"start_from: G_Y cannot begin as the way back of the architecture {network.config.architecture}")
    weights = weights_for(network, start)
    network.load_state_dict(weights | {name: -weights[name] for name in LAST})


def _fit_weights(start: Start, config: NetworkConfig, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    trained = from_dict(NetworkConfig, start.network, "start_from: network.")
    if (trained.architecture, trained.width) != (config.architecture, config.width):
        raise TrainingError(f"start_from: holds a {_describe(trained)}, but network is a {_describe(config)}")
    weights = dict(own)
    for name in own:
        source = name.replace(".norm.generated.", ".norm.real.")
        if source in start.weights:
            weights[name] = start.weights[source].clone()
        elif not name.endswith(".num_batches_tracked"):  # a model's file does not hold the batch norms' counters
            raise TrainingError(f"start_from: has no weights {source}; start from a model that this version exported")
    if config.has_global_features:
        weights[SIZED_BY_IMAGE] = _fit_kernel(weights[SIZED_BY_IMAGE], config.image_size // 64)
    if differing := [name for name in own if weights[name].shape != own[name].shape]:
        raise TrainingError(f"start_from: its {differing[0]} is of another size; set network.image_size {trained.image_size}")
    return weights


def _describe(config: NetworkConfig) -> str:
    return config.architecture if config.width == 1 else f"{config.architecture} of width {config.width:g}"


def _fit_kernel(kernel: Tensor, side: int) -> Tensor:
    """The kernel of the first fully connected layer, (C, C, k, k), for another S: it is S/64 wide.

    Stretched, each weight is spread evenly over its new places; shrunk, the weights of the places that become one are summed: a
    map that is constant over them gives the same features as before. TrainingError when neither side divides the other.
    """
    old = kernel.shape[-1]
    if side % old == 0:
        factor = side // old
        return kernel.repeat_interleave(factor, -1).repeat_interleave(factor, -2) / factor**2
    if old % side == 0:
        return torch.nn.functional.avg_pool2d(kernel, old // side) * (old // side) ** 2
    raise TrainingError(f"start_from: image_size {64 * side} and {64 * old} do not divide each other")
