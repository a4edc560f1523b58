from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deep_photo_enhancer.training.networks.patch_critic import PatchCritic


def livened() -> PatchCritic:
    torch.manual_seed(0)
    critic = PatchCritic()
    for module in critic.modules():
        if isinstance(module, nn.GroupNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    return critic


def by_the_appendix(weights: dict[str, Tensor], photos: Tensor) -> Tensor:
    features = 2 * photos - 1
    for i, stride in enumerate([2, 2, 2, 1]):
        offset = weights.get(f"blocks.{i}.conv.bias")
        features = F.conv2d(features, weights[f"blocks.{i}.conv.weight"], offset, stride=stride, padding=1)
        if i:
            name = f"blocks.{i}.norm"
            features = F.instance_norm(features, weight=weights[f"{name}.weight"], bias=weights[f"{name}.bias"])
        features = torch.maximum(0.2 * features, features)
    return F.conv2d(features, weights["last.weight"], weights["last.bias"], padding=1)[:, 0]


@torch.no_grad()
def test_the_layers_are_those_of_cyclegans_appendix() -> None:
    critic = livened()
    photos = torch.rand(2, 3, 64, 64)
    expected = by_the_appendix(critic.state_dict(), photos)
    assert expected.std() > 0.05
    torch.testing.assert_close(critic(photos), expected, rtol=1e-4, atol=1e-5)


def test_the_number_of_parameters_is_that_of_the_layers() -> None:
    first = 4 * 4 * 3 * 64 + 64
    normed = sum(4 * 4 * taken * given + 2 * given for taken, given in ((64, 128), (128, 256), (256, 512)))
    last = 4 * 4 * 512 + 1
    assert first + normed + last == 2_765_633
    assert sum(parameter.numel() for parameter in PatchCritic().parameters()) == 2_765_633


@pytest.mark.parametrize(("image_size", "scores"), [(64, 6), (256, 30)])
def test_scores_stand_every_eighth_pixel(image_size: int, scores: int) -> None:
    with torch.device("meta"):
        assert PatchCritic()(torch.rand(2, 3, image_size, image_size)).shape == (2, scores, scores)


def test_a_score_judges_a_patch_of_70_pixels_a_side() -> None:
    critic = PatchCritic(instance_norm=False)
    photos = torch.rand(1, 3, 128, 128, requires_grad=True)
    critic(photos)[0, 7, 7].backward()
    assert photos.grad is not None
    seen = photos.grad.abs().sum((0, 1)).nonzero()
    assert (seen.max(0).values - seen.min(0).values + 1).tolist() == [70, 70]
