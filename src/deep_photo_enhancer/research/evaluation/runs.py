"""A training run as a system: its network as it was validated."""

from __future__ import annotations

from pathlib import Path

import torch

from deep_photo_enhancer.errors import ConfigError, TrainingError
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.evaluation.pairs import Pair, PairFiles, shape
from deep_photo_enhancer.training.checkpoint import load_checkpoint
from deep_photo_enhancer.training.config import from_dict
from deep_photo_enhancer.training.distributed import Processes, find_device
from deep_photo_enhancer.training.networks.build import build_network
from deep_photo_enhancer.training.networks.config import NetworkConfig, enhancer_config
from deep_photo_enhancer.training.prediction import predict


class TrainedRun:
    """The enhancer of a run's newest checkpoint, or of a checkpoint's folder; for photos with the long side S it was trained on.

    device: as of `dpe train`, or "auto" for CUDA where there is one. TrainingError without a checkpoint that fits this version.
    """

    def __init__(self, folder: Path, device: str) -> None:
        self.folder = folder
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        self.device = find_device(device, Processes())
        checkpoint = load_checkpoint(folder)
        try:
            config = from_dict(NetworkConfig, checkpoint.config["network"], "network.")
            self.network = build_network(enhancer_config(config))
            self.network.load_state_dict(checkpoint.enhancer)
        except (ConfigError, RuntimeError) as error:
            raise TrainingError(f"{folder}: not a network of this version; train it again, or evaluate its .onnx file") from error
        self.network.to(self.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]

    def __call__(self, pair: Pair) -> Pixels:
        return predict(self.network, pair.x, self.device)

    def problems(self, pairs: PairFiles) -> list[str]:
        """A sentence if photos have another long side than S."""
        side = self.network.config.image_size
        shapes = {x: shape(x, pairs.size) for x, _ in pairs.files}
        others = [x for x, of_x in shapes.items() if of_x is not None and max(of_x) != side]
        if not others:
            return []
        return [
            f"{self.folder}: its network takes photos with a long side of {side} pixels, but {len(others)} of {len(shapes)} "
            f"have another, such as {others[0]}; use --size {side}, and photos that are no smaller"
        ]
