"""The global U-Net: the paper's generator (Figure 3 of the paper; Section 4)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Fitted by the authors for use with batch normalisation; the usual SELU has 1.6733 and 1.0507.
SELU_ALPHA = 1.0198755295894968
SELU_SCALE = 1.0026538655307724

# The authors' small factor for the variance-scaling initialiser: the untrained network is close to the identity.
INIT_SCALE = 1e-3


@dataclass(frozen=True)
class GlobalUNetConfig:
    """What it takes to build the network again from its weights."""

    image_size: int = 512
    """S: side of the square that the network is trained on, in pixels; a multiple of 64."""
    global_features: bool = True
    """False gives the plain U-Net, the ablation of the paper's Tables 1 and 2."""

    def __post_init__(self) -> None:
        if self.image_size < 64 or self.image_size % 64:
            raise ValueError(f"image_size must be a positive multiple of 64, not {self.image_size}")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class GlobalUNet(nn.Module):
    """Maps a photo x to an enhanced photo y' = x + residual.

    Input and output: (B, 3, S, S), RGB, sRGB-encoded. The input lies in [0, 1]; the output is neither clipped nor squashed:
    clipping belongs to the writing of a picture. Comments give shapes at S = 512.
    """

    def __init__(self, config: GlobalUNetConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder1 = EncoderBlock(3, 16, kernel=3, stride=1)
        self.encoder2 = EncoderBlock(16, 32, kernel=5, stride=2)
        self.encoder3 = EncoderBlock(32, 64, kernel=5, stride=2)
        self.encoder4 = EncoderBlock(64, 128, kernel=5, stride=2)
        self.encoder5 = EncoderBlock(128, 128, kernel=5, stride=2)
        self.local = SymmetricConv(128, 128, kernel=3)
        if config.global_features:
            self.global_features = GlobalFeatures(128, grid=config.image_size // 64)
            self.fuse = nn.Conv2d(256, 128, 1)
        self.decoder1 = DecoderBlock(128, 128)
        self.decoder2 = DecoderBlock(256, 128)
        self.decoder3 = DecoderBlock(192, 64)
        self.decoder4 = DecoderBlock(96, 32)
        self.decoder5 = DecoderBlock(48, 16)
        self.decoder6 = DecoderBlock(16, 3)
        self.apply(_initialise)

    def forward(self, x: Tensor) -> Tensor:
        e1 = self.encoder1(x)  # (B, 3, 512, 512) -> (B, 16, 512, 512)
        e2 = self.encoder2(e1)  # -> (B, 32, 256, 256)
        e3 = self.encoder3(e2)  # -> (B, 64, 128, 128)
        e4 = self.encoder4(e3)  # -> (B, 128, 64, 64)
        e5 = self.encoder5(e4)  # -> (B, 128, 32, 32)

        features = self.local(e5)  # (B, 128, 32, 32)
        if self.config.global_features:
            g = self.global_features(e5)  # (B, 128, 1, 1)
            g = g.expand(-1, -1, *features.shape[2:])  # -> (B, 128, 32, 32)
            features = self.fuse(torch.cat([features, g], 1))  # (B, 256, 32, 32) -> (B, 128, 32, 32)

        d1 = _upsample_and_concat(self.decoder1(features), e4)  # -> (B, 256, 64, 64)
        d2 = _upsample_and_concat(self.decoder2(d1), e3)  # -> (B, 192, 128, 128)
        d3 = _upsample_and_concat(self.decoder3(d2), e2)  # -> (B, 96, 256, 256)
        d4 = _upsample_and_concat(self.decoder4(d3), e1)  # -> (B, 48, 512, 512)
        d5 = self.decoder5(d4)  # -> (B, 16, 512, 512)
        residual: Tensor = self.decoder6(d5)  # -> (B, 3, 512, 512)
        return x + residual


class GlobalFeatures(nn.Module):
    """Summarises the whole photo in 128 numbers: (B, C, S/16, S/16) -> (B, C, 1, 1)."""

    def __init__(self, channels: int, grid: int) -> None:
        super().__init__()
        self.conv1 = EncoderBlock(channels, channels, kernel=5, stride=2)
        self.conv2 = EncoderBlock(channels, channels, kernel=5, stride=2)
        self.fully_connected1 = nn.Conv2d(channels, channels, grid)
        self.fully_connected2 = nn.Conv2d(channels, channels, 1)

    def forward(self, e5: Tensor) -> Tensor:
        g = self.conv2(self.conv1(e5))  # (B, 128, 32, 32) -> (B, 128, 16, 16) -> (B, 128, 8, 8)
        g = selu(self.fully_connected1(g))  # -> (B, 128, 1, 1)
        summary: Tensor = self.fully_connected2(g)
        return summary


class EncoderBlock(nn.Module):
    """conv -> SELU -> BN: the order of the contracting path."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv = SymmetricConv(channels_in, channels_out, kernel, stride)
        self.norm = batch_norm(channels_out)

    def forward(self, features: Tensor) -> Tensor:
        normed: Tensor = self.norm(selu(self.conv(features)))
        return normed


class DecoderBlock(nn.Module):
    """SELU -> BN -> conv: the order of the expanding path."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.norm = batch_norm(channels_in)
        self.conv = SymmetricConv(channels_in, channels_out, kernel=3)

    def forward(self, features: Tensor) -> Tensor:
        convolved: Tensor = self.conv(self.norm(selu(features)))
        return convolved


class SymmetricConv(nn.Conv2d):
    """A convolution whose border is the picture's mirror image, the edge pixels included (as in the authors' code)."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> None:
        super().__init__(channels_in, channels_out, kernel, stride)
        self.border = kernel // 2

    def forward(self, features: Tensor) -> Tensor:
        return super().forward(pad_symmetric(features, self.border))


def pad_symmetric(features: Tensor, border: int) -> Tensor:
    """Mirror `border` rows and columns outwards, edge included: ``.. 1 0 | 0 1 ..``. (B, C, H, W) -> (B, C, H + 2b, W + 2b)."""
    if border == 1:  # the mirrored row is the edge row itself
        return F.pad(features, (1, 1, 1, 1), mode="replicate")
    features = torch.cat([features[..., :border].flip(-1), features, features[..., -border:].flip(-1)], -1)
    return torch.cat([features[..., :border, :].flip(-2), features, features[..., -border:, :].flip(-2)], -2)


def selu(features: Tensor) -> Tensor:
    """SELU with the authors' constants: scale * (x where x > 0, else alpha * (exp(x) - 1))."""
    scaled: Tensor = torch.ops.aten.elu(features, SELU_ALPHA, SELU_SCALE)  # F.elu has no scale: one pass less over memory
    return scaled


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Decay 0.9 (PyTorch counts it from the other end), epsilon 1e-5, trainable offset and scale."""
    return nn.BatchNorm2d(channels, eps=1e-5, momentum=0.1)


def _upsample_and_concat(features: Tensor, skip: Tensor) -> Tensor:
    return torch.cat([F.interpolate(features, scale_factor=2, mode="nearest"), skip], 1)


def _initialise(module: nn.Module) -> None:
    """Variance scaling over the fan-in with a small factor: a truncated normal of variance INIT_SCALE / fan-in; offsets 0."""
    if isinstance(module, nn.Conv2d):
        fan_in = module.weight[0].numel()
        std = (INIT_SCALE / fan_in) ** 0.5
        nn.init.trunc_normal_(module.weight, std=std, a=-2 * std, b=2 * std)
        assert module.bias is not None
        nn.init.zeros_(module.bias)
