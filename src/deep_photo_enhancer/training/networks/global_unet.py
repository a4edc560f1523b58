"""The global U-Net: the paper's generator (Figure 3 of the paper; Section 4)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deep_photo_enhancer.training.networks.config import NetworkConfig, Norms
from deep_photo_enhancer.training.networks.generator import Generator
from deep_photo_enhancer.training.networks.layers import INIT_SCALE, BatchNorms, SymmetricConv, scale_variance, selu

WHITE_FROM, BLACK_FROM = 0.9, 0.04
"""Where `end_weights` begin to rise, towards white and towards black."""


class GlobalUNet(Generator):
    """Maps a photo x to an enhanced photo y' = x + residual, which nothing squashes. Without global features, the plain U-Net.

    `norms` chooses the batch norms, where there are two sets of them: G_X and G'_X of the paper share all else. Comments give
    shapes at S = 512.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        norms = config.norms
        self.encoder1 = EncoderBlock(3, 16, kernel=3, stride=1, norms=norms)
        self.encoder2 = EncoderBlock(16, 32, kernel=5, stride=2, norms=norms)
        self.encoder3 = EncoderBlock(32, 64, kernel=5, stride=2, norms=norms)
        self.encoder4 = EncoderBlock(64, 128, kernel=5, stride=2, norms=norms)
        self.encoder5 = EncoderBlock(128, 128, kernel=5, stride=2, norms=norms)
        self.local = SymmetricConv(128, 128, kernel=3)
        if config.has_global_features:
            self.global_features = GlobalFeatures(128, grid=config.image_size // 64, norms=norms)
            self.fuse = nn.Conv2d(256, 128, 1)
        self.decoder1 = DecoderBlock(128, 128, norms=norms)
        self.decoder2 = DecoderBlock(256, 128, norms=norms)
        self.decoder3 = DecoderBlock(192, 64, norms=norms)
        self.decoder4 = DecoderBlock(96, 32, norms=norms)
        self.decoder5 = DecoderBlock(48, 16, norms=norms)
        self.decoder6 = DecoderBlock(16, 3, norms=norms)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                scale_variance(layer, INIT_SCALE)

    def forward(self, x: Tensor, norms: Norms = "real", global_features: Tensor | None = None) -> Tensor:
        """Given global features, (B, 128, 1, 1), x may be a part of a photo whose sides are any multiples of 16."""
        if not self.config.individual_batch_norm:
            norms = "real"
        skip1, e1 = self.encoder1(x, norms)  # (B, 3, 512, 512) -> (B, 16, 512, 512)
        skip2, e2 = self.encoder2(e1, norms)  # -> (B, 32, 256, 256)
        skip3, e3 = self.encoder3(e2, norms)  # -> (B, 64, 128, 128)
        skip4, e4 = self.encoder4(e3, norms)  # -> (B, 128, 64, 64)
        _, e5 = self.encoder5(e4, norms)  # -> (B, 128, 32, 32)

        features = self.local(e5)  # (B, 128, 32, 32)
        if self.config.has_global_features:
            g = self.global_features(e5, norms) if global_features is None else global_features  # (B, 128, 1, 1)
            g = g.expand(-1, -1, *features.shape[2:])  # -> (B, 128, 32, 32)
            features = self.fuse(torch.cat([features, g], 1))  # (B, 256, 32, 32) -> (B, 128, 32, 32)

        d1 = _upsample_and_concat(self.decoder1(features, norms), skip4)  # -> (B, 256, 64, 64)
        d2 = _upsample_and_concat(self.decoder2(d1, norms), skip3)  # -> (B, 192, 128, 128)
        d3 = _upsample_and_concat(self.decoder3(d2, norms), skip2)  # -> (B, 96, 256, 256)
        d4 = _upsample_and_concat(self.decoder4(d3, norms), skip1)  # -> (B, 48, 512, 512)
        d5 = self.decoder5(d4, norms)  # -> (B, 16, 512, 512)
        residual: Tensor = self.decoder6(d5, norms)  # -> (B, 3, 512, 512)
        return x + (residual * (1 - end_weights(x)) if self.config.keep_ends else residual)


def end_weights(x: Tensor) -> Tensor:
    """How near each pixel is to white or black, where nothing may change: (B, 3, H, W) -> (B, 1, H, W).

    1 where all channels are 1 or all are 0; falls as a square to 0 where the lowest is 0.9, and where the highest is 0.04. Ours.
    """
    lowest, highest = x.amin(1, keepdim=True), x.amax(1, keepdim=True)
    white = ((lowest - WHITE_FROM) / (1 - WHITE_FROM)).clamp(0, 1)
    black = ((BLACK_FROM - highest) / BLACK_FROM).clamp(0, 1)
    return torch.maximum(white, black).square()


class GlobalFeatures(nn.Module):
    """Summarises the whole photo in 128 numbers: (B, C, S/16, S/16) -> (B, C, 1, 1)."""

    def __init__(self, channels: int, grid: int, norms: tuple[Norms, ...]) -> None:
        super().__init__()
        self.conv1 = EncoderBlock(channels, channels, kernel=5, stride=2, norms=norms)
        self.conv2 = EncoderBlock(channels, channels, kernel=5, stride=2, norms=norms)
        self.fully_connected1 = nn.Conv2d(channels, channels, grid)
        self.fully_connected2 = nn.Conv2d(channels, channels, 1)

    def forward(self, e5: Tensor, norms: Norms) -> Tensor:
        _, g = self.conv1(e5, norms)  # (B, 128, 32, 32) -> (B, 128, 16, 16)
        _, g = self.conv2(g, norms)  # -> (B, 128, 8, 8)
        g = selu(self.fully_connected1(g))  # -> (B, 128, 1, 1)
        summary: Tensor = self.fully_connected2(g)
        return summary


class EncoderBlock(nn.Module):
    """conv -> SELU -> BN: the order of the contracting path. Also gives what the convolution made, for the skip connection.

    The decoder's block starts with SELU -> BN: a skip connection goes through each of them once (as in the authors' code).
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int, norms: tuple[Norms, ...]) -> None:
        super().__init__()
        self.conv = SymmetricConv(channels_in, channels_out, kernel, stride)
        self.norm = BatchNorms(channels_out, norms)

    def forward(self, features: Tensor, norms: Norms) -> tuple[Tensor, Tensor]:
        convolved: Tensor = self.conv(features)
        return convolved, self.norm(selu(convolved), norms)


class DecoderBlock(nn.Module):
    """SELU -> BN -> conv: the order of the expanding path."""

    def __init__(self, channels_in: int, channels_out: int, norms: tuple[Norms, ...]) -> None:
        super().__init__()
        self.norm = BatchNorms(channels_in, norms)
        self.conv = SymmetricConv(channels_in, channels_out, kernel=3)

    def forward(self, features: Tensor, norms: Norms) -> Tensor:
        convolved: Tensor = self.conv(self.norm(selu(features), norms))
        return convolved


def _upsample_and_concat(features: Tensor, skip: Tensor) -> Tensor:
    return torch.cat([F.interpolate(features, scale_factor=2, mode="nearest"), skip], 1)
