"""The critic: the paper's discriminator (Section 4; Figure 3)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from deep_photo_enhancer.training.networks.layers import SymmetricConv

SLOPE = 0.2
"""Of the leaky ReLU below 0: TensorFlow's own, the paper names none."""


class Critic(nn.Module):
    """Scores how much a photo looks as if it came from its domain: (B, 3, S, S) -> (B). No sigmoid: any real number.

    S is a multiple of 64. With instance norm as in the paper, the mean and the spread of every feature are lost, and with them
    most of what tells a photo's exposure and colour: such a critic learns them slowly (docs/training.md). Comments give shapes
    at S = 512.
    """

    def __init__(self, image_size: int, instance_norm: bool = True) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            CriticBlock(3, 16, kernel=3, stride=1, instance_norm=instance_norm),  # (B, 3, 512, 512) -> (B, 16, 512, 512)
            CriticBlock(16, 32, kernel=5, stride=2, instance_norm=instance_norm),  # -> (B, 32, 256, 256)
            CriticBlock(32, 64, kernel=5, stride=2, instance_norm=instance_norm),  # -> (B, 64, 128, 128)
            CriticBlock(64, 128, kernel=5, stride=2, instance_norm=instance_norm),  # -> (B, 128, 64, 64)
            CriticBlock(128, 128, kernel=5, stride=2, instance_norm=instance_norm),  # -> (B, 128, 32, 32)
            CriticBlock(128, 128, kernel=5, stride=2, instance_norm=instance_norm),  # -> (B, 128, 16, 16)
        )
        self.fully_connected = nn.Linear(128 * (image_size // 32) ** 2, 1)

    def forward(self, photos: Tensor) -> Tensor:
        scores: Tensor = self.fully_connected(self.blocks(photos).flatten(1))  # (B, 128, 16, 16) -> (B, 1)
        return scores[:, 0]


class CriticBlock(nn.Module):
    """conv -> leaky ReLU -> instance norm, or nothing in its place."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int, instance_norm: bool) -> None:
        super().__init__()
        self.conv = SymmetricConv(channels_in, channels_out, kernel, stride)
        # a group for each channel is instance norm, and keeps the channels last
        self.norm = nn.GroupNorm(channels_out, channels_out) if instance_norm else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        normed: Tensor = self.norm(F.leaky_relu(self.conv(features), SLOPE))
        return normed
