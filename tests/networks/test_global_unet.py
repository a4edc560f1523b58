from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from deep_photo_enhancer.networks.global_unet import (
    INIT_SCALE,
    SELU_ALPHA,
    SELU_SCALE,
    DecoderBlock,
    EncoderBlock,
    GlobalUNet,
    GlobalUNetConfig,
    SymmetricConv,
    pad_symmetric,
    selu,
)

# The table of the paper's generator at S = 512: channels and side that each layer gives.
OUTPUTS_AT_512 = {
    "encoder1": (16, 512),
    "encoder2": (32, 256),
    "encoder3": (64, 128),
    "encoder4": (128, 64),
    "encoder5": (128, 32),
    "global_features.conv1": (128, 16),
    "global_features.conv2": (128, 8),
    "global_features.fully_connected1": (128, 1),
    "global_features.fully_connected2": (128, 1),
    "local": (128, 32),
    "fuse": (128, 32),
    "decoder1": (128, 32),
    "decoder2": (128, 64),
    "decoder3": (64, 128),
    "decoder4": (32, 256),
    "decoder5": (16, 512),
    "decoder6": (3, 512),
}

# What the layers after a concatenation take: the upsampled features and the skip connection.
INPUTS_AT_512 = {
    "fuse": (128 + 128, 32),
    "decoder2": (128 + 128, 64),
    "decoder3": (128 + 64, 128),
    "decoder4": (64 + 32, 256),
    "decoder5": (32 + 16, 512),
}


def livened(config: GlobalUNetConfig) -> GlobalUNet:
    """A network in eval mode whose weights are large enough to see every path at work."""
    torch.manual_seed(0)
    network = GlobalUNet(config)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
    return network.eval()


@pytest.mark.parametrize("image_size", [512, 256])
def test_every_layer_has_the_shape_of_the_papers_table(image_size: int) -> None:
    with torch.device("meta"):  # shapes alone, no arithmetic
        network = GlobalUNet(GlobalUNetConfig(image_size))
        x = torch.zeros(2, 3, image_size, image_size)
    outputs: dict[str, tuple[int, ...]] = {}
    inputs: dict[str, tuple[int, ...]] = {}

    for name in OUTPUTS_AT_512:

        def note(_module: nn.Module, taken: tuple[Tensor], given: Tensor, name: str = name) -> None:
            inputs[name] = tuple(taken[0].shape)
            outputs[name] = tuple(given.shape)

        network.get_submodule(name).register_forward_hook(note)
    y_fake = network(x)

    def scaled(side: int) -> int:
        return 1 if side == 1 else side * image_size // 512

    assert y_fake.shape == x.shape
    assert outputs == {name: (2, channels, scaled(side), scaled(side)) for name, (channels, side) in OUTPUTS_AT_512.items()}
    for name, (channels, side) in INPUTS_AT_512.items():
        assert inputs[name] == (2, channels, scaled(side), scaled(side))


@torch.no_grad()
def test_layers_take_what_the_figure_connects_them_to() -> None:
    network = livened(GlobalUNetConfig(64))
    taken: dict[str, Tensor] = {}
    given: dict[str, Tensor] = {}
    for name in OUTPUTS_AT_512:

        def note(_module: nn.Module, inputs: tuple[Tensor], output: Tensor, name: str = name) -> None:
            taken[name], given[name] = inputs[0], output

        network.get_submodule(name).register_forward_hook(note)
    x = torch.rand(1, 3, 64, 64)
    y_fake = network(x)

    def twice_as_large(features: Tensor) -> Tensor:
        return features.repeat_interleave(2, 2).repeat_interleave(2, 3)

    expected = {
        "encoder1": x,
        "encoder2": given["encoder1"],
        "encoder3": given["encoder2"],
        "encoder4": given["encoder3"],
        "encoder5": given["encoder4"],
        "global_features.conv1": given["encoder5"],
        "global_features.conv2": given["global_features.conv1"],
        "global_features.fully_connected1": given["global_features.conv2"],
        "global_features.fully_connected2": selu(given["global_features.fully_connected1"]),
        "local": given["encoder5"],
        "fuse": torch.cat([given["local"], given["global_features.fully_connected2"].repeat(1, 1, 4, 4)], 1),
        "decoder1": given["fuse"],
        "decoder2": torch.cat([twice_as_large(given["decoder1"]), given["encoder4"]], 1),
        "decoder3": torch.cat([twice_as_large(given["decoder2"]), given["encoder3"]], 1),
        "decoder4": torch.cat([twice_as_large(given["decoder3"]), given["encoder2"]], 1),
        "decoder5": torch.cat([twice_as_large(given["decoder4"]), given["encoder1"]], 1),
        "decoder6": given["decoder5"],
    }
    assert taken.keys() == expected.keys()
    for name, features in expected.items():
        assert torch.equal(taken[name], features), name
    assert torch.equal(y_fake, x + given["decoder6"])


@torch.no_grad()
def test_the_contracting_path_normalises_last_and_the_expanding_path_before_its_convolution() -> None:
    torch.manual_seed(0)
    features = torch.randn(2, 4, 8, 8)

    def normalised(values: Tensor) -> Tensor:
        centred = values - values.mean((0, 2, 3), keepdim=True)
        return centred / (centred.square().mean((0, 2, 3), keepdim=True) + 1e-5).sqrt()

    encoder = EncoderBlock(4, 6, kernel=5, stride=2)
    torch.testing.assert_close(encoder(features), normalised(selu(encoder.conv(features))))
    decoder = DecoderBlock(4, 6)
    torch.testing.assert_close(decoder(features), decoder.conv(normalised(selu(features))))


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_number_of_parameters_is_the_one_worked_out_from_the_table() -> None:
    # A convolution has kernel^2 * in * out weights and `out` biases; a batch norm has an offset and a scale a channel.
    contracting = (
        (3 * 3 * 3 * 16 + 16 + 2 * 16)  # e1        480
        + (5 * 5 * 16 * 32 + 32 + 2 * 32)  # e2     12,896
        + (5 * 5 * 32 * 64 + 64 + 2 * 64)  # e3     51,392
        + (5 * 5 * 64 * 128 + 128 + 2 * 128)  # e4 205,184
        + (5 * 5 * 128 * 128 + 128 + 2 * 128)  # e5 409,984
    )
    global_features = (
        2 * (5 * 5 * 128 * 128 + 128 + 2 * 128)  # g1, g2: 409,984 each
        + (8 * 8 * 128 * 128 + 128)  # g3        1,048,704
        + (128 * 128 + 128)  # g4                   16,512
    )
    local = 3 * 3 * 128 * 128 + 128  # l1          147,584
    fuse = 256 * 128 + 128  #                       32,896
    expanding = (
        (2 * 128 + 3 * 3 * 128 * 128 + 128)  # d1  147,840
        + (2 * 256 + 3 * 3 * 256 * 128 + 128)  # d2 295,552
        + (2 * 192 + 3 * 3 * 192 * 64 + 64)  # d3  111,040
        + (2 * 96 + 3 * 3 * 96 * 32 + 32)  # d4     27,872
        + (2 * 48 + 3 * 3 * 48 * 16 + 16)  # d5      7,024
        + (2 * 16 + 3 * 3 * 16 * 3 + 3)  # d6          467
    )
    plain = contracting + local + expanding
    assert (plain, plain + global_features + fuse) == (1_417_315, 3_335_395)
    with torch.device("meta"):
        assert parameters(GlobalUNet(GlobalUNetConfig(512))) == 3_335_395
        assert parameters(GlobalUNet(GlobalUNetConfig(512, global_features=False))) == 1_417_315


@torch.no_grad()
def test_a_change_in_one_corner_reaches_every_pixel_through_the_global_features() -> None:
    x = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(1))
    changed = x.clone()
    changed[..., -16:, -16:] = 1 - changed[..., -16:, -16:]

    with_global = livened(GlobalUNetConfig(256))
    assert (with_global(changed) != with_global(x)).any(1).all()

    plain = livened(GlobalUNetConfig(256, global_features=False))
    difference = (plain(changed) != plain(x)).any(1)
    assert difference[0, -16:, -16:].all()
    assert not difference[0, :128].any()
    assert not difference[0, :, :128].any()


@pytest.mark.parametrize("border", [1, 2, 3])
def test_padding_is_numpys_symmetric_one(border: int) -> None:
    features = np.random.default_rng(0).random((2, 3, 5, 4)).astype(np.float32)
    expected = np.pad(features, ((0, 0), (0, 0), (border, border), (border, border)), mode="symmetric")
    np.testing.assert_array_equal(pad_symmetric(torch.from_numpy(features), border).numpy(), expected)


def test_a_convolution_sees_the_mirrored_border() -> None:
    conv = SymmetricConv(1, 1, kernel=5, stride=2)
    with torch.no_grad():
        conv.weight.fill_(1)
        assert conv.bias is not None
        conv.bias.fill_(0)
        column = torch.tensor([1.0, 10, 100, 1000]).reshape(1, 1, 4, 1).expand(1, 1, 4, 4)
        out = conv(column)
    # rows 10 1 | 1 10 100 and 1 10 | 100 1000 | 1000, each five columns wide
    assert out.reshape(2, 2).tolist() == [[5 * 122, 5 * 122], [5 * 2111, 5 * 2111]]


@torch.no_grad()
def test_the_untrained_network_leaves_a_photo_as_it_is() -> None:
    torch.manual_seed(0)
    network = GlobalUNet(GlobalUNetConfig(64))
    x = torch.rand(4, 3, 64, 64)
    assert (network.eval()(x) - x).abs().max() < 1e-3
    # In training the last batch norm gives every one of its 16 channels unit variance; 9 * 16 weights of variance
    # INIT_SCALE / (9 * 16) make of them a residual of variance INIT_SCALE, less what the truncation at 2 sigma takes away.
    residual = network.train()(x) - x
    assert 0.5 * INIT_SCALE < (residual**2).mean() < 1.1 * INIT_SCALE


def test_the_first_weights_have_the_variance_of_the_small_factor() -> None:
    torch.manual_seed(0)
    network = GlobalUNet(GlobalUNetConfig(64))
    weight = network.decoder2.conv.weight
    # A normal distribution cut at two standard deviations keeps 0.7737 of its variance.
    assert weight.var().item() == pytest.approx(0.7737 * 1e-3 / (9 * 256), rel=0.02)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            assert module.bias is not None
            assert not module.bias.any()


def test_the_output_is_neither_clipped_nor_squashed() -> None:
    network = GlobalUNet(GlobalUNetConfig(64)).eval()
    assert network.decoder6.conv.bias is not None
    with torch.no_grad():
        network.decoder6.conv.bias.copy_(torch.tensor([5.0, -5.0, 0.0]))
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    y_fake = network(x)
    offset = torch.tensor([5.0, -5.0, 0.0]).reshape(1, 3, 1, 1)
    torch.testing.assert_close(y_fake, x + offset, atol=1e-3, rtol=0)
    y_fake.sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(x.grad, torch.ones_like(x), atol=0.05, rtol=0)


def test_every_parameter_learns() -> None:
    torch.manual_seed(0)
    network = GlobalUNet(GlobalUNetConfig(64))
    x = torch.rand(2, 3, 64, 64)
    (network(x) - torch.rand(2, 3, 64, 64)).square().mean().backward()
    without = [name for name, parameter in network.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert without == []


def test_selu_has_the_authors_constants() -> None:
    assert (SELU_ALPHA, SELU_SCALE) == (1.0198755295894968, 1.0026538655307724)
    values = selu(torch.tensor([2.0, 0.0, -1.0, -50.0], dtype=torch.float64)).tolist()
    # 2 * 1.0026538655; 0; 1.0026538655 * 1.0198755296 * (1 / e - 1) = 1.0225821421 * -0.6321205588; -1.0225821421
    assert values == pytest.approx([2.0053077311, 0, -0.6463951951, -1.0225821421], abs=1e-9)
    assert values[2] == pytest.approx(1.0026538655307724 * 1.0198755295894968 * (math.exp(-1) - 1), abs=1e-12)


def test_batch_norms_have_the_papers_decay_and_epsilon() -> None:
    norms = [module for module in GlobalUNet(GlobalUNetConfig(64)).modules() if isinstance(module, nn.BatchNorm2d)]
    assert len(norms) == 5 + 2 + 6
    for norm in norms:
        # decay 0.9: the running value keeps 0.9 of itself and takes 0.1 of the batch's
        assert (norm.momentum, norm.eps, norm.affine) == (0.1, 1e-5, True)


@pytest.mark.parametrize("image_size", [0, -64, 32, 100, 500])
def test_a_side_that_is_no_positive_multiple_of_64_is_refused(image_size: int) -> None:
    with pytest.raises(ValueError, match=f"multiple of 64, not {image_size}"):
        GlobalUNetConfig(image_size)


def test_the_configuration_builds_the_same_network_again() -> None:
    config = GlobalUNetConfig(128, global_features=False)
    assert GlobalUNetConfig(**config.to_dict()) == config
