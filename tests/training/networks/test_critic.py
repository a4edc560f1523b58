from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from deep_photo_enhancer.training.losses.penalties import gradient_norms
from deep_photo_enhancer.training.networks.critic import Critic, CriticBlock, PooledCritic
from tests.synthetic import synthetic_photo

# The figure of the paper's discriminator at S = 512: channels in and out, kernel, stride, and the side that comes out.
BLOCKS_AT_512 = [
    (3, 16, 3, 1, 512),
    (16, 32, 5, 2, 256),
    (32, 64, 5, 2, 128),
    (64, 128, 5, 2, 64),
    (128, 128, 5, 2, 32),
    (128, 128, 5, 2, 16),
]


class NumpysSymmetricPadding(nn.Module):
    def __init__(self, border: int) -> None:
        super().__init__()
        self.borders = ((0, 0), (0, 0), (border, border), (border, border))

    def forward(self, features: Tensor) -> Tensor:
        return torch.from_numpy(np.pad(features.numpy(), self.borders, mode="symmetric"))


def by_the_figure(critic: Critic, photos: Tensor) -> Tensor:
    """The scores by torch's own layers, with the critic's weights: conv -> leaky ReLU -> instance norm, six times."""
    weights = critic.state_dict()

    def with_weights(layer: nn.Module, name: str) -> nn.Module:
        layer.load_state_dict({key: weights[f"{name}.{key}"] for key in ("weight", "bias")})
        return layer

    layers: list[nn.Module] = []
    for i, (channels_in, channels_out, kernel, stride, _) in enumerate(BLOCKS_AT_512):
        layers += [
            NumpysSymmetricPadding(kernel // 2),
            with_weights(nn.Conv2d(channels_in, channels_out, kernel, stride), f"blocks.{i}.conv"),
            nn.LeakyReLU(0.2),
            with_weights(nn.InstanceNorm2d(channels_out, affine=True), f"blocks.{i}.norm"),
        ]
    last_side = photos.shape[-1] // 32
    fully_connected = with_weights(nn.Linear(128 * last_side**2, 1), "fully_connected")
    scores: Tensor = nn.Sequential(*layers, nn.Flatten(), fully_connected)(photos)
    return scores.squeeze(1)


def livened(image_size: int = 64) -> Critic:
    """A critic of which every parameter, the norms' offsets and scales too, has its own value."""
    torch.manual_seed(0)
    critic = Critic(image_size)
    for block in critic.blocks:
        assert isinstance(block, CriticBlock)
        assert isinstance(block.norm, nn.GroupNorm)
        nn.init.uniform_(block.norm.weight, 0.5, 1.5)
        nn.init.uniform_(block.norm.bias, -1, 1)
    return critic


def photos(count: int = 3, image_size: int = 64) -> Tensor:
    return torch.rand(count, 3, image_size, image_size, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
@pytest.mark.parametrize("image_size", [64, 128, 192])
def test_a_photo_has_one_score(image_size: int) -> None:
    for count in (1, 3):
        assert Critic(image_size)(photos(count, image_size)).shape == (count,)


def test_every_block_has_the_shape_of_the_papers_figure() -> None:
    shapes = []
    with torch.device("meta"):  # shapes alone, no arithmetic
        critic = Critic(512)
        for block in critic.blocks:
            block.register_forward_hook(lambda _module, _taken, given: shapes.append(tuple(given.shape)))
        critic(torch.zeros(2, 3, 512, 512))
    assert shapes == [(2, channels, side, side) for _, channels, _, _, side in BLOCKS_AT_512]


def test_the_number_of_parameters_is_the_one_worked_out_from_the_figure() -> None:
    # A convolution has kernel^2 * in * out weights and `out` biases; an instance norm has an offset and a scale a channel.
    blocks = (
        (3 * 3 * 3 * 16 + 16 + 2 * 16)  #               480
        + (5 * 5 * 16 * 32 + 32 + 2 * 32)  #         12,896
        + (5 * 5 * 32 * 64 + 64 + 2 * 64)  #         51,392
        + (5 * 5 * 64 * 128 + 128 + 2 * 128)  #     205,184
        + 2 * (5 * 5 * 128 * 128 + 128 + 2 * 128)  # 409,984 each
    )
    fully_connected = 16 * 16 * 128 + 1  #           32,769
    assert blocks + fully_connected == 1_122_689
    with torch.device("meta"):
        assert sum(parameter.numel() for parameter in Critic(512).parameters()) == 1_122_689


@torch.no_grad()
@pytest.mark.parametrize("image_size", [64, 128])
def test_the_scores_are_those_of_torchs_own_layers_in_the_figures_order(image_size: int) -> None:
    critic = livened(image_size)
    torch.testing.assert_close(critic(photos(2, image_size)), by_the_figure(critic, photos(2, image_size)), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_a_photos_score_does_not_depend_on_the_others_of_its_batch() -> None:
    critic, batch = livened().double(), photos(3).double()
    scores = critic(batch)
    one_by_one = torch.cat([critic(batch[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(scores, one_by_one)
    assert scores.unique().numel() == 3
    batch[1:] = 1 - batch[1:] ** 2
    others_changed = critic(batch)
    torch.testing.assert_close(others_changed[0], scores[0])
    assert (others_changed[1:] != scores[1:]).all()


@torch.no_grad()
def test_a_photos_score_is_the_same_in_training_and_after_it() -> None:
    critic = livened()
    assert torch.equal(critic.train()(photos()), critic.eval()(photos()))
    assert list(critic.buffers()) == []  # no running statistics


@torch.no_grad()
def test_a_score_is_any_real_number() -> None:
    critic = livened()
    scores = critic(photos())
    for parameter in critic.fully_connected.parameters():
        parameter.mul_(-1000)
    torch.testing.assert_close(critic(photos()), -1000 * scores)
    assert scores.abs().min() > 0.001


def test_every_parameter_learns() -> None:
    critic = livened()
    critic(photos()).sum().backward()
    for name, parameter in critic.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name


def test_every_pixel_counts() -> None:
    batch = photos().requires_grad_()
    livened()(batch).sum().backward()
    assert batch.grad is not None
    assert batch.grad.isfinite().all()
    assert (batch.grad != 0).float().mean() > 0.999


def test_without_instance_norm_a_critic_sees_exposure_that_it_loses_with_it() -> None:
    """All convolutions are linear where every response is positive: a brighter photo then has the same normed features."""
    photos = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) / 4 + 0.25
    differences = {}
    for instance_norm in (True, False):
        torch.manual_seed(0)
        critic = Critic(64, instance_norm)
        for block in critic.blocks:
            assert isinstance(block, CriticBlock)
            nn.init.constant_(block.conv.weight, 1 / block.conv.weight[0].numel())
            assert block.conv.bias is not None
            nn.init.zeros_(block.conv.bias)
        nn.init.ones_(critic.fully_connected.weight)
        score, brighter = critic(photos), critic(photos * 2)
        differences[instance_norm] = float((score - brighter).detach().abs().max())
    assert differences[True] == pytest.approx(0, abs=0.1)
    assert differences[False] > 1


KINDS: dict[str, Callable[[int], nn.Module]] = {
    "instance norm": Critic,
    "no norm": lambda size: Critic(size, instance_norm=False),
    "pooled": PooledCritic,
}


@pytest.mark.parametrize("image_size", [64, 128, 512])
@pytest.mark.parametrize("kind", KINDS)
def test_the_first_slope_is_near_1_at_every_size(kind: str, image_size: int) -> None:
    places = [torch.from_numpy(synthetic_photo(i, image_size, image_size).copy()).permute(2, 0, 1) / 255 for i in range(2)]
    torch.manual_seed(0)
    norms = gradient_norms(KINDS[kind](image_size), torch.stack(places))
    assert 0.5 < norms.mean().item() < 2


# The pooled critic


def test_a_pooled_critic_is_small_and_gives_a_score_a_photo() -> None:
    critic = PooledCritic(64)
    convolutions = (27 * 32 + 32) + (9 * 32 * 64 + 64) + (9 * 64 * 128 + 128) + (9 * 128 * 128 + 128)
    assert sum(parameter.numel() for parameter in critic.parameters()) == convolutions + 129
    assert critic(photos(3)).shape == (3,)
    assert critic(photos(3, 128)).shape == (3,)  # any size


@torch.no_grad()
def test_a_pooled_critic_judges_tones_wherever_they_lie() -> None:
    """A photo of four tiles has the same score in any order of the tiles, but for their borders."""
    torch.manual_seed(0)
    critic = PooledCritic(256)
    tones = torch.rand(1, 3, 2, 2, generator=torch.Generator().manual_seed(0)).repeat_interleave(128, 2).repeat_interleave(128, 3)
    score, turned, brighter = critic(tones), critic(tones.flip(2)), critic(tones + 0.1)
    assert abs(score - turned) < 0.5 * abs(brighter - score)
    paper = Critic(256, instance_norm=False)
    assert abs(paper(tones) - paper(tones.flip(2))) > abs(paper(tones + 0.1) - paper(tones))


def test_every_parameter_of_a_pooled_critic_learns() -> None:
    critic = PooledCritic(64)
    critic(photos()).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in critic.parameters())
