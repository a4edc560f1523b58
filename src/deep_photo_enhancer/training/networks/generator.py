"""What all generators have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn

from deep_photo_enhancer.training.networks.config import NetworkConfig, Norms


class Generator(nn.Module, ABC):
    """Maps photos x to y_fake; both (B, 3, S, S), RGB, sRGB-encoded. x lies in [0, 1].

    The output is not clipped: clipping belongs to the writing of a picture. Some networks cannot leave a range of their own.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config

    @abstractmethod
    def forward(self, x: Tensor, norms: Norms = "real") -> Tensor:
        """norms: which photos x are, for networks with a set of batch norms for each; of no effect on the others."""


def enhancer_weights(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The entries of a generator's state dict that the enhancer takes."""
    return {name: tensor for name, tensor in weights.items() if ".norm.generated." not in name}
