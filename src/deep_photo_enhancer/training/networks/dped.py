"""DPED's generator: Ignatov et al., "DSLR-Quality Photos on Mobile Devices with Deep Convolutional Networks", ICCV 2017."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deep_photo_enhancer.training.networks.config import NetworkConfig, Norms
from deep_photo_enhancer.training.networks.generator import Generator

STD = 0.01
"""Of the first kernels, normal within two deviations; offsets begin at the same number. In the authors' code."""


class DPED(Generator):
    """A residual network at full resolution (Section 3.2): 64 channels in every layer. y_fake = 0.58 tanh(..) + 0.5 lies in
    (-0.08, 1.08).

    The paper says batch normalisation, the authors' code normalises each photo alone; this is the paper's. Borders are zero,
    as in the code. The published network was trained with adversarial, content and colour losses: those are not part of it.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        channels = config.channels(64)
        self.conv1 = nn.Conv2d(3, channels, 9, padding=4)
        self.blocks = nn.Sequential(*[ResidualBlock(channels) for _ in range(4)])
        self.conv10 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv11 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv12 = nn.Conv2d(channels, 3, 9, padding=4)
        self.apply(_initialise)

    def forward(self, x: Tensor, norms: Norms = "real") -> Tensor:  # noqa: ARG002
        features = torch.relu(self.conv1(x))  # (B, 3, S, S) -> (B, 64, S, S)
        features = self.blocks(features)
        features = torch.relu(self.conv11(torch.relu(self.conv10(features))))
        return 0.58 * torch.tanh(self.conv12(features)) + 0.5  # -> (B, 3, S, S)


class ResidualBlock(nn.Module):
    """x + (conv -> BN -> ReLU, twice); nothing after the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, features: Tensor) -> Tensor:
        inner = torch.relu(self.norm1(self.conv1(features)))
        return features + torch.relu(self.norm2(self.conv2(inner)))


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.trunc_normal_(module.weight, std=STD, a=-2 * STD, b=2 * STD)
        assert module.bias is not None
        nn.init.constant_(module.bias, STD)
