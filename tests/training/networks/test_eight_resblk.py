from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.networks.eight_resblk import EightResBlk


def livened() -> EightResBlk:
    torch.manual_seed(0)
    network = EightResBlk(NetworkConfig(64, "8resblk", width=1 / 4))
    with torch.no_grad():
        for name, tensor in network.named_parameters():
            if "norm" in name or name.endswith("bias"):
                tensor.uniform_(-0.5, 1)
    return network


def by_the_appendix(weights: dict[str, Tensor], x: Tensor) -> Tensor:
    def normed(features: Tensor, name: str) -> Tensor:
        return F.instance_norm(features, weight=weights[f"{name}.weight"], bias=weights[f"{name}.bias"])

    def mirrored(features: Tensor, border: int) -> Tensor:
        return F.pad(features, (border,) * 4, mode="reflect")

    def kernel(name: str) -> Tensor:
        return weights[f"layers.{name}.weight"]

    features = F.relu(normed(F.conv2d(mirrored(2 * x - 1, 3), kernel("0.conv")), "layers.0.norm"))
    for i in (1, 2):
        features = F.relu(normed(F.conv2d(features, kernel(f"{i}.conv"), stride=2, padding=1), f"layers.{i}.norm"))
    for i in range(3, 11):
        inner = F.relu(normed(F.conv2d(mirrored(features, 1), kernel(f"{i}.first.conv")), f"layers.{i}.first.norm"))
        features = features + normed(F.conv2d(mirrored(inner, 1), kernel(f"{i}.conv")), f"layers.{i}.norm")
    for i in (11, 12):
        features = F.conv_transpose2d(features, kernel(f"{i}.conv"), stride=2, padding=1, output_padding=1)
        features = F.relu(normed(features, f"layers.{i}.norm"))
    return (torch.tanh(F.conv2d(mirrored(features, 3), kernel("13"), weights["layers.13.bias"])) + 1) / 2


@torch.no_grad()
def test_the_layers_are_those_of_cyclegans_appendix() -> None:
    network = livened()
    x = torch.rand(2, 3, 64, 64)
    expected = by_the_appendix(network.state_dict(), x)
    assert expected.std() > 0.1
    torch.testing.assert_close(network(x), expected, rtol=1e-4, atol=1e-5)


def test_the_number_of_parameters_is_that_of_the_layers() -> None:
    down = (7 * 7 * 3 * 32 + 2 * 32) + (3 * 3 * 32 * 64 + 2 * 64) + (3 * 3 * 64 * 128 + 2 * 128)
    blocks = 8 * 2 * (3 * 3 * 128 * 128 + 2 * 128)
    up = (3 * 3 * 128 * 64 + 2 * 64) + (3 * 3 * 64 * 32 + 2 * 32) + (7 * 7 * 32 * 3 + 3)
    assert down + blocks + up == 2_557_763
    with torch.device("meta"):
        assert sum(each.numel() for each in EightResBlk(NetworkConfig(512, "8resblk")).parameters()) == 2_557_763


def test_kernels_begin_as_normal_numbers_of_deviation_0_02() -> None:
    torch.manual_seed(0)
    network = EightResBlk(NetworkConfig(64, "8resblk"))
    for name in ("layers.2.conv.weight", "layers.5.conv.weight", "layers.11.conv.weight"):
        assert network.get_parameter(name).std().item() == pytest.approx(0.02, rel=0.03), name
