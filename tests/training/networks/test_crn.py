from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.networks.crn import CRN, published_channels, sides


def livened() -> CRN:
    torch.manual_seed(0)
    network = CRN(NetworkConfig(64, "crn", width=1 / 64))
    with torch.no_grad():
        for name, tensor in network.named_parameters():
            if "norm" in name:
                tensor.uniform_(-0.5, 1)
    return network


def by_the_paper(weights: dict[str, Tensor], x: Tensor, side: int) -> Tensor:
    """The features of the module with this side, by those before it: the recursion of the paper's Figure 3."""
    taken = F.interpolate(x, size=(side, side), mode="area")
    if side > 4:
        before = by_the_paper(weights, x, side // 2)
        taken = torch.cat([F.interpolate(before, size=(side, side), mode="bilinear", align_corners=True), taken], 1)
    i = sides(64).index(side)
    for layer in ("1", "2"):
        name = f"refinements.{i}.norm{layer}"
        taken = F.conv2d(taken, weights[f"refinements.{i}.conv{layer}.weight"], padding=1)
        mean, variance = taken.mean((1, 2, 3), keepdim=True), taken.var((1, 2, 3), correction=0, keepdim=True)
        scale, offset = (weights[f"{name}.{part}"].reshape(1, -1, 1, 1) for part in ("weight", "bias"))
        taken = (taken - mean) / (variance + 1e-5).sqrt() * scale + offset
        taken = torch.maximum(0.2 * taken, taken)
    return taken


@torch.no_grad()
def test_the_layers_are_the_papers() -> None:
    network = livened()
    x = torch.rand(2, 3, 64, 64)
    weights = network.state_dict()
    expected = (F.conv2d(by_the_paper(weights, x, 64), weights["last.weight"], weights["last.bias"]) + 1) / 2
    assert expected.std() > 0.1
    torch.testing.assert_close(network(x), expected, rtol=1e-4, atol=1e-5)


def test_the_number_of_parameters_is_that_of_the_layers() -> None:
    def module(channels_in: int, channels: int) -> int:
        return 9 * channels_in * channels + 9 * channels * channels + 4 * channels

    coarse = module(3, 1024) + 4 * module(1024 + 3, 1024)  # 4 and 8, 16, 32, 64
    fine = module(1024 + 3, 512) + module(512 + 3, 512) + module(512 + 3, 128)  # 128, 256, 512
    assert coarse + fine + (128 * 3 + 3) == 97_663_235
    with torch.device("meta"):
        assert sum(each.numel() for each in CRN(NetworkConfig(512, "crn")).parameters()) == 97_663_235


@pytest.mark.parametrize(
    ("image_size", "expected"),
    [
        (512, [4, 8, 16, 32, 64, 128, 256, 512]),
        (64, [4, 8, 16, 32, 64]),
        (192, [6, 12, 24, 48, 96, 192]),
        (320, [5, 10, 20, 40, 80, 160, 320]),
    ],
)
def test_sides_double_from_a_coarsest_of_4_to_7(image_size: int, expected: list[int]) -> None:
    assert sides(image_size) == expected


def test_channels_by_side_are_the_published_ones() -> None:
    published = [published_channels(side) for side in (4, 8, 16, 32, 64, 128, 256, 512, 1024)]
    assert published == [1024, 1024, 1024, 1024, 1024, 512, 512, 128, 32]


def test_a_size_that_is_no_power_of_2_works() -> None:
    network = CRN(NetworkConfig(192, "crn", width=1 / 64))
    assert network(torch.rand(1, 3, 192, 192)).shape == (1, 3, 192, 192)
