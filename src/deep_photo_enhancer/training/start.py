"""Starting a run from another run's weights."""

from __future__ import annotations

import torch
from torch import Tensor

from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.networks.global_unet import GlobalUNetConfig
from deep_photo_enhancer.training.checkpoint import Checkpoint

SIZED_BY_IMAGE = "global_features.fully_connected1.weight"


def start_weights(checkpoint: Checkpoint, config: GlobalUNetConfig) -> dict[str, Tensor]:
    """The best weights of a checkpoint for a network of `config`. TrainingError when the two do not fit.

    Only the first fully connected layer depends on S: its kernel is S/64 wide. Each weight is spread evenly over the places
    that it is stretched to, so that a map that is constant over them gives the same features as before.
    """
    trained = checkpoint.config["network"]
    if trained["global_features"] != config.global_features:
        raise TrainingError("start_from: one network has global features and the other has none")
    weights = dict(checkpoint.best_weights)
    factor = config.image_size / trained["image_size"]
    if config.global_features and factor != 1:
        if factor % 1:
            raise TrainingError(f"start_from: image_size {config.image_size} is no multiple of {trained['image_size']}")
        kernel = weights[SIZED_BY_IMAGE]
        stretched = kernel.repeat_interleave(int(factor), -1).repeat_interleave(int(factor), -2)
        weights[SIZED_BY_IMAGE] = stretched / factor**2
    return {name: torch.clone(tensor) for name, tensor in weights.items()}
