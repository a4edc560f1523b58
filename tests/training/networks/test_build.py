"""What all architectures have in common; what each is built of is in the files of their names."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from deep_photo_enhancer.training.networks.build import NETWORKS, build_network, count_multiply_adds, count_parameters
from deep_photo_enhancer.training.networks.config import ARCHITECTURES, COMPARED, U_NETS, NetworkConfig
from deep_photo_enhancer.training.networks.generator import Generator

WIDTHS = {"dped": 1 / 4, "8resblk": 1 / 4, "fcn": 1 / 4, "crn": 1 / 64}
"""At which the tests take moments."""


def small(architecture: str, image_size: int = 64) -> Generator:
    torch.manual_seed(0)
    return build_network(NetworkConfig(image_size, architecture, width=WIDTHS.get(architecture, 1.0)))


def photos(seed: int, side: int = 64) -> Tensor:
    return torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(seed))


def trained(network: Generator, x: Tensor, y: Tensor, steps: int) -> list[float]:
    """Adam's steps towards y; the losses before each."""
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
    losses = []
    for _ in range(steps):
        loss = ((network(x) - y) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def test_every_name_of_the_configuration_has_a_network() -> None:
    assert NETWORKS.keys() == set(ARCHITECTURES) == set(U_NETS) | set(COMPARED)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_photos_become_photos_of_the_same_size(architecture: str) -> None:
    network = small(architecture)
    y_fake = network(photos(1))
    assert y_fake.shape == (2, 3, 64, 64)
    assert y_fake.isfinite().all()
    assert network.config.architecture == architecture


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_same_seed_gives_the_same_network_and_the_same_photo(architecture: str) -> None:
    first, second = small(architecture), small(architecture)
    assert torch.equal(first(photos(1)), second(photos(1)))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_gradient_reaches_every_parameter(architecture: str) -> None:
    network = small(architecture)
    trained(network, photos(1), photos(2), 3)  # the first step frees what adaptive normalisation and a small residual hold back
    network.zero_grad()
    ((network(photos(1)) - photos(2)) ** 2).sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_photo_is_learned_by_heart(architecture: str) -> None:
    rows = torch.linspace(0.2, 0.7, 64).expand(64, 64)
    photo = torch.stack([rows, rows.T, 0.9 - rows])
    x = torch.stack([photo, photo.flip(2)])  # batch norms of a single summary have nothing to measure
    y = (x**0.7).flip(1)
    losses = trained(small(architecture), x, y, steps=10)
    assert losses[0] > 0.01
    assert losses[-1] < (0.8 if architecture == "dped" else 0.6) * losses[0]  # tanh makes the first steps of dped slow


@pytest.mark.parametrize("architecture", COMPARED)
def test_the_width_multiplies_all_channels_but_those_of_photos(architecture: str) -> None:
    def channels(width: float) -> list[int]:
        with torch.device("meta"):
            network = build_network(NetworkConfig(64, architecture, width=width))
        return [m.out_channels for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]

    *narrow, last = channels(0.5)
    *published, same = channels(1)
    assert [2 * number for number in narrow] == published
    assert last == same == 3


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_which_photos_a_network_sees_makes_no_difference_without_norms_for_each(architecture: str) -> None:
    network = small(architecture).eval()
    assert torch.equal(network(photos(1), "generated"), network(photos(1)))


@pytest.mark.parametrize(("architecture", "low", "high"), [("dped", -0.08, 1.08), ("8resblk", 0, 1)])
def test_a_squashed_output_keeps_its_published_range(architecture: str, low: float, high: float) -> None:
    network = small(architecture)
    last = [module for module in network.modules() if isinstance(module, nn.Conv2d)][-1]
    assert last.bias is not None
    for offset, end in ((-1e3, low), (1e3, high)):
        with torch.no_grad():
            last.bias.fill_(offset)
            torch.testing.assert_close(network(photos(1)), torch.full((2, 3, 64, 64), float(end)))


@pytest.mark.parametrize("architecture", ["global-unet", "unet", "fcn", "crn"])
def test_the_others_are_not_bounded(architecture: str) -> None:
    network = small(architecture)
    last = [module for module in network.modules() if isinstance(module, nn.Conv2d)][-1]
    assert last.bias is not None
    with torch.no_grad():
        last.bias.fill_(1e3)
        assert network(photos(1)).min() > 100


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"architecture": "resnet"}, "architecture is one of"),
        ({"width": 0.5}, "width is for dped, 8resblk, fcn, crn"),
        ({"architecture": "fcn", "width": -1.0}, "width must be above 0"),
        (
            {"architecture": "crn", "individual_batch_norm": True},
            "individual_batch_norm is for global-unet and unet, not for crn",
        ),
    ],
)
def test_what_cannot_be_built_is_refused(config: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NetworkConfig(64, **config)  # type: ignore[arg-type]


# Sizes: what PyTorch counts against sums over the layers, worked out by hand


def test_the_global_unet_is_as_large_and_costly_as_published() -> None:
    config = NetworkConfig(512)
    assert round(count_parameters(config) / 1e6, 2) == 3.34
    assert round(2 * count_multiply_adds(config) / 1e9, 1) == 20.5


def test_every_layer_of_dped_and_fcn_works_at_full_size() -> None:
    dped = 9 * 9 * 3 * 64 + 10 * (3 * 3 * 64 * 64) + 9 * 9 * 64 * 3
    fcn = 3 * 3 * 3 * 32 + 8 * (3 * 3 * 32 * 32) + 32 * 3
    assert count_multiply_adds(NetworkConfig(128, "dped")) == 128**2 * dped
    assert count_multiply_adds(NetworkConfig(128, "fcn")) == 128**2 * fcn


def test_the_residual_blocks_of_8resblk_work_at_a_quarter_of_the_sides() -> None:
    outer = 2 * (7 * 7 * 3 * 32)
    # the places that count: of a convolution's output, of a transposed one's input
    half = 3 * 3 * 32 * 64 + 3 * 3 * 64 * 32
    quarter = 3 * 3 * 64 * 128 + 16 * (3 * 3 * 128 * 128) + 3 * 3 * 128 * 64
    assert count_multiply_adds(NetworkConfig(128, "8resblk")) == 128**2 * outer + 64**2 * half + 32**2 * quarter


def test_each_module_of_crn_works_at_its_own_size() -> None:
    coarse = 4**2 * (3 + 1024) + sum(side**2 * (1024 + 3 + 1024) for side in (8, 16, 32, 64))
    last = 128**2 * (1024 + 3 + 512)
    assert count_multiply_adds(NetworkConfig(128, "crn")) == 9 * 1024 * coarse + 9 * 512 * last + 128**2 * 512 * 3
