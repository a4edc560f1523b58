from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.networks.fcn import FCN, AdaptiveNorm


def livened(width: float = 1 / 4) -> FCN:
    torch.manual_seed(0)
    network = FCN(NetworkConfig(64, "fcn", width=width))
    with torch.no_grad():
        for name, tensor in network.named_parameters():
            if "conv" in name:
                tensor.normal_(0, 0.2)
            elif name.endswith(("scale", "batch_norm.weight", "batch_norm.bias")):
                tensor.uniform_(0.3, 0.7)
    return network


def by_the_paper(weights: dict[str, Tensor], x: Tensor) -> Tensor:
    features = x
    for i, rate in enumerate([1, 2, 4, 8, 16, 32, 64, 128, 1]):
        name = f"layers.{i}.norm"
        features = F.conv2d(features, weights[f"layers.{i}.conv.weight"], padding=rate, dilation=rate)
        mean, variance = features.mean((0, 2, 3), keepdim=True), features.var((0, 2, 3), correction=0, keepdim=True)
        normed = (features - mean) / (variance + 1e-3).sqrt()
        scale, offset = (weights[f"{name}.batch_norm.{part}"].reshape(1, -1, 1, 1) for part in ("weight", "bias"))
        features = weights[f"{name}.scale"] * features + weights[f"{name}.norm_scale"] * (scale * normed + offset)
        features = torch.maximum(0.2 * features, features)
    return F.conv2d(features, weights["last.weight"], weights["last.bias"])


@torch.no_grad()
def test_the_layers_are_the_papers() -> None:
    network = livened()
    x = torch.rand(2, 3, 64, 64)
    expected = by_the_paper(network.state_dict(), x)
    assert expected.std() > 0.1
    torch.testing.assert_close(network(x), expected, rtol=1e-4, atol=1e-5)


def test_the_number_of_parameters_is_that_of_the_layers() -> None:
    convolutions = 3 * 3 * 3 * 32 + 8 * (3 * 3 * 32 * 32)
    norms = 9 * (2 + 2 * 32)
    last = 32 * 3 + 3
    assert convolutions + norms + last == 75_285
    with torch.device("meta"):
        assert sum(each.numel() for each in FCN(NetworkConfig(512, "fcn")).parameters()) == 75_285


@torch.no_grad()
def test_the_first_features_are_the_photo() -> None:
    network = FCN(NetworkConfig(64, "fcn"))
    x = torch.rand(1, 3, 64, 64)
    features = network.layers(x)
    torch.testing.assert_close(features[:, :3], x)
    assert (features[:, 3:] == 0).all()


def test_a_pixel_sees_as_far_as_the_dilations_say() -> None:
    network = livened(width=1 / 8).eval()
    reach = 1 + 2 + 4 + 8 + 16 + 32 + 64 + 128 + 1
    x = torch.rand(1, 3, 1, 2 * reach + 41, requires_grad=True)
    network(x)[..., reach + 20].sum().backward()
    assert x.grad is not None
    seen = x.grad.abs().sum((0, 1, 2)).nonzero().flatten()
    assert (int(seen.min()), int(seen.max())) == (20, 20 + 2 * reach)


@torch.no_grad()
def test_adaptive_normalisation_worked_out_by_hand() -> None:
    norm = AdaptiveNorm(1)
    features = torch.tensor([1.0, 3.0]).reshape(1, 1, 1, 2)
    assert torch.equal(norm(features), features)
    norm.scale.fill_(0.5)
    norm.norm_scale.fill_(2.0)
    normed = 1 / (1 + 1e-3) ** 0.5  # mean 2, variance 1
    expected = torch.tensor([0.5 - 2 * normed, 1.5 + 2 * normed]).reshape(1, 1, 1, 2)
    torch.testing.assert_close(norm(features), expected)
