from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.networks.dped import DPED


def livened() -> DPED:
    """With weights large enough, and norms unlike each other, so that every layer counts."""
    torch.manual_seed(0)
    network = DPED(NetworkConfig(64, "dped", width=1 / 16))
    with torch.no_grad():
        for name, tensor in network.named_parameters():
            tensor.normal_(0.5 if "norm" in name else 0, 0.3)
    return network


def by_the_paper(weights: dict[str, Tensor], x: Tensor) -> Tensor:
    def conv(features: Tensor, name: str) -> Tensor:
        kernel = weights[f"{name}.weight"]
        return F.conv2d(features, kernel, weights[f"{name}.bias"], padding=kernel.shape[-1] // 2)

    def normed(features: Tensor, name: str) -> Tensor:
        return F.batch_norm(features, None, None, weights[f"{name}.weight"], weights[f"{name}.bias"], training=True)

    features = F.relu(conv(x, "conv1"))
    for i in range(4):
        inner = F.relu(normed(conv(features, f"blocks.{i}.conv1"), f"blocks.{i}.norm1"))
        features = F.relu(normed(conv(inner, f"blocks.{i}.conv2"), f"blocks.{i}.norm2")) + features
    for name in ("conv10", "conv11"):
        features = F.relu(conv(features, name))
    return torch.tanh(conv(features, "conv12")) * 0.58 + 0.5


def test_the_layers_are_the_papers() -> None:
    network = livened()
    x = torch.rand(2, 3, 64, 64)
    expected = by_the_paper(network.state_dict(), x)
    assert expected.std() > 0.1
    torch.testing.assert_close(network(x), expected)


def test_the_number_of_parameters_is_that_of_the_layers() -> None:
    first_and_last = (9 * 9 * 3 * 64 + 64) + (9 * 9 * 64 * 3 + 3)
    between = 10 * (3 * 3 * 64 * 64 + 64)
    norms = 8 * 2 * 64
    assert first_and_last + between + norms == 401_475
    with torch.device("meta"):
        assert sum(each.numel() for each in DPED(NetworkConfig(512, "dped")).parameters()) == 401_475


def test_kernels_begin_small_and_offsets_just_above_0() -> None:
    torch.manual_seed(0)
    network = DPED(NetworkConfig(64, "dped"))
    kernel = network.conv10.weight
    assert kernel.std().item() == pytest.approx(0.01 * 0.88, rel=0.02)  # 0.88: of a normal that ends at two deviations
    assert kernel.abs().max() <= 0.02
    assert network.conv12.bias is not None
    assert (network.conv12.bias == 0.01).all()
