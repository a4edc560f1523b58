"""Critics: the paper's discriminator (Section 4; Figure 3), and a pooled one of ours."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from deep_photo_enhancer.training.networks.layers import INIT_SCALE, SymmetricConv, scale_variance

SLOPE = 0.2
"""Of the leaky ReLU below 0: TensorFlow's own, the paper names none."""


HE = 2 / (1 + SLOPE**2)
"""Factor of `scale_variance` that keeps a signal's size from one leaky ReLU to the next."""


class Critic(nn.Module):
    """Scores how much a photo looks as if it came from its domain: (B, 3, S, S) -> (B). No sigmoid: any real number.

    S is a multiple of 64. With instance norm as in the paper, the mean and the spread of every feature are lost, and with them
    most of what tells a photo's exposure and colour: such a critic learns them slowly (docs/training.md).

    The first weights give it a slope near 1, where the gradient penalties want it: those of the authors' code with instance norm,
    which rescales each response; without, these would leave a slope of 1e-12, and they are He's (He et al. 2015).
    Comments give shapes at S = 512.
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
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                scale_variance(layer, INIT_SCALE if instance_norm else HE)
        scale_variance(self.fully_connected, INIT_SCALE if instance_norm else 1)

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


class PooledCritic(nn.Module):
    """Scores a photo's tones wherever they lie: (B, 3, S, S) -> (B). Ours: the paper's critic has a weight for each place.

    The photo at half its size, four convolutions without norm, the mean over all places, one linear layer. The score is S / 4
    times that, so that the first slope is near 1 at every S: a photo that moves by 1 moves the mean over its S^2 places by 1 / S.
    It learns light and colour much faster than the paper's critic on small pictures. Comments give shapes at S = 512.
    """

    def __init__(self, image_size: int) -> None:
        super().__init__()
        self.image_size = image_size
        self.convs = nn.ModuleList(
            [
                SymmetricConv(3, 32, kernel=3),  # (B, 3, 256, 256) -> (B, 32, 256, 256)
                SymmetricConv(32, 64, kernel=3, stride=2),  # -> (B, 64, 128, 128)
                SymmetricConv(64, 128, kernel=3, stride=2),  # -> (B, 128, 64, 64)
                SymmetricConv(128, 128, kernel=3, stride=2),  # -> (B, 128, 32, 32)
            ]
        )
        self.linear = nn.Linear(128, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                scale_variance(layer, HE)

    def forward(self, photos: Tensor) -> Tensor:
        features = F.avg_pool2d(photos, 2)  # (B, 3, 512, 512) -> (B, 3, 256, 256)
        for conv in self.convs:
            features = F.leaky_relu(conv(features), SLOPE)
        scores: Tensor = self.linear(features.mean((2, 3)))  # (B, 128, 32, 32) -> (B, 128) -> (B, 1)
        return self.image_size / 4 * scores[:, 0]
