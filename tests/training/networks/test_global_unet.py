from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from deep_photo_enhancer.training.networks.config import U_NETS, NetworkConfig, Norms, enhancer_config
from deep_photo_enhancer.training.networks.generator import enhancer_weights
from deep_photo_enhancer.training.networks.global_unet import DecoderBlock, EncoderBlock, GlobalUNet, end_weights
from deep_photo_enhancer.training.networks.layers import INIT_SCALE, selu

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


def livened(config: NetworkConfig) -> GlobalUNet:
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
        network = GlobalUNet(NetworkConfig(image_size))
        x = torch.zeros(2, 3, image_size, image_size)
    outputs: dict[str, tuple[int, ...]] = {}
    inputs: dict[str, tuple[int, ...]] = {}

    for name in OUTPUTS_AT_512:

        def note(_module: nn.Module, taken: tuple[Tensor, ...], given: Tensor | tuple[Tensor, Tensor], name: str = name) -> None:
            inputs[name] = tuple(taken[0].shape)
            outputs[name] = tuple(_features(given).shape)

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
    network = livened(NetworkConfig(64))
    taken: dict[str, Tensor] = {}
    given: dict[str, Tensor] = {}
    skips: dict[str, Tensor] = {}
    for name in OUTPUTS_AT_512:

        def note(
            _module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor | tuple[Tensor, Tensor], name: str = name
        ) -> None:
            taken[name], given[name] = inputs[0], _features(output)
            skips[name] = output[0]

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
        "decoder2": torch.cat([twice_as_large(given["decoder1"]), skips["encoder4"]], 1),
        "decoder3": torch.cat([twice_as_large(given["decoder2"]), skips["encoder3"]], 1),
        "decoder4": torch.cat([twice_as_large(given["decoder3"]), skips["encoder2"]], 1),
        "decoder5": torch.cat([twice_as_large(given["decoder4"]), skips["encoder1"]], 1),
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

    encoder = EncoderBlock(4, 6, kernel=5, stride=2, norms=("real",))
    convolved, normed = encoder(features, "real")
    torch.testing.assert_close(convolved, encoder.conv(features))
    torch.testing.assert_close(normed, normalised(selu(convolved)))
    decoder = DecoderBlock(4, 6, norms=("real",))
    torch.testing.assert_close(decoder(features, "real"), decoder.conv(normalised(selu(features))))


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
        assert parameters(GlobalUNet(NetworkConfig(512))) == 3_335_395
        assert parameters(GlobalUNet(NetworkConfig(512, "unet"))) == 1_417_315


@torch.no_grad()
def test_a_change_in_one_corner_reaches_every_pixel_through_the_global_features() -> None:
    x = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(1))
    changed = x.clone()
    changed[..., -16:, -16:] = 1 - changed[..., -16:, -16:]

    with_global = livened(NetworkConfig(256))
    assert (with_global(changed) != with_global(x)).any(1).all()

    plain = livened(NetworkConfig(256, "unet"))
    difference = (plain(changed) != plain(x)).any(1)
    assert difference[0, -16:, -16:].all()
    assert not difference[0, :128].any()
    assert not difference[0, :, :128].any()


@torch.no_grad()
def test_the_untrained_network_leaves_a_photo_as_it_is() -> None:
    torch.manual_seed(0)
    network = GlobalUNet(NetworkConfig(64))
    x = torch.rand(4, 3, 64, 64)
    assert (network.eval()(x) - x).abs().max() < 1e-3
    # In training the last batch norm gives every one of its 16 channels unit variance; 9 * 16 weights of variance
    # INIT_SCALE / (9 * 16) make of them a residual of variance INIT_SCALE, less what correlation takes away.
    residual = network.train()(x) - x
    assert 0.5 * INIT_SCALE < (residual**2).mean() < 1.4 * INIT_SCALE


def test_the_first_weights_have_the_variance_of_the_small_factor() -> None:
    torch.manual_seed(0)
    network = GlobalUNet(NetworkConfig(64))
    weight = network.decoder2.conv.weight
    assert weight.var().item() == pytest.approx(1e-3 / (9 * 256), rel=0.02)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            assert module.bias is not None
            assert not module.bias.any()


def test_the_output_is_neither_clipped_nor_squashed() -> None:
    network = GlobalUNet(NetworkConfig(64)).eval()
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
    network = GlobalUNet(NetworkConfig(64))
    x = torch.rand(2, 3, 64, 64)
    (network(x) - torch.rand(2, 3, 64, 64)).square().mean().backward()
    without = [name for name, parameter in network.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert without == []


@pytest.mark.parametrize("image_size", [0, -64, 32, 100, 500])
def test_a_side_that_is_no_positive_multiple_of_64_is_refused(image_size: int) -> None:
    with pytest.raises(ValueError, match=f"multiple of 64, not {image_size}"):
        NetworkConfig(image_size)


def test_the_configuration_builds_the_same_network_again() -> None:
    config = NetworkConfig(128, "unet", individual_batch_norm=True)
    assert NetworkConfig(**config.to_dict()) == config


# Individual batch normalisation


def with_both_norms() -> GlobalUNet:
    """At S = 64, livened, in eval mode; the two sets of batch norms have learnt and seen different things."""
    network = livened(NetworkConfig(64, individual_batch_norm=True))
    for name, tensor in network.state_dict().items():
        if ".norm." in name and tensor.is_floating_point():
            nn.init.uniform_(tensor, 0.8, 1.2)
    return network


def norm_states(network: GlobalUNet, norms: Norms) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items() if f".norm.{norms}." in name}


def same(states: dict[str, Tensor], others: dict[str, Tensor]) -> bool:
    assert states.keys() == others.keys()
    return all(torch.equal(tensor, others[name]) for name, tensor in states.items())


def photos(seed: int = 1, count: int = 2) -> Tensor:
    return torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(seed))


def test_norms_for_generated_photos_add_an_offset_and_a_scale_a_channel_and_nothing_else() -> None:
    contracting = 16 + 32 + 64 + 128 + 128  # e1 to e5
    global_features = 128 + 128  # g1, g2
    expanding = 128 + (128 + 128) + (128 + 64) + (64 + 32) + (32 + 16) + 16  # what d1 to d6 take
    additional = 2 * (contracting + global_features + expanding)
    assert additional == 2_720
    with torch.device("meta"):
        one, both = GlobalUNet(NetworkConfig(512)), GlobalUNet(NetworkConfig(512, individual_batch_norm=True))
    assert parameters(both) == parameters(one) + 2_720 == 3_338_115
    added = both.state_dict().keys() - one.state_dict().keys()
    assert len(added) == 13 * 5  # offset, scale, running mean and variance, number of batches
    assert all(".norm.generated." in name for name in added)


def test_each_parameter_occurs_once() -> None:
    network = GlobalUNet(NetworkConfig(64, individual_batch_norm=True))
    every = [parameter for _, parameter in network.named_parameters(remove_duplicate=False)]
    assert len({id(parameter) for parameter in every}) == len(every)
    assert sum(parameter.numel() for parameter in every) == parameters(network)


@torch.no_grad()
def test_both_passes_go_through_the_same_convolutions_and_through_norms_of_their_own() -> None:
    network = with_both_norms()
    seen: list[nn.Module] = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d):
            module.register_forward_hook(lambda module, _taken, _given: seen.append(module))
    passes: dict[Norms, list[nn.Module]] = {}
    for norms in network.config.norms:
        seen.clear()
        network(photos(), norms)
        passes[norms] = list(seen)

    names = {id(module): name for name, module in network.named_modules()}
    for norms, modules in passes.items():
        used = [names[id(module)] for module in modules if isinstance(module, nn.BatchNorm2d)]
        assert len(used) == 13
        assert all(name.endswith(f".norm.{norms}") for name in used)
    real, generated = ([module for module in modules if isinstance(module, nn.Conv2d)] for modules in passes.values())
    assert len(real) == 5 + 4 + 1 + 1 + 6
    assert all(a is b for a, b in zip(real, generated, strict=True))


@pytest.mark.parametrize(("norms", "others"), [("real", "generated"), ("generated", "real")])
def test_a_pass_updates_the_running_statistics_of_its_own_norms_alone(norms: Norms, others: Norms) -> None:
    network = with_both_norms().train()
    own, other = norm_states(network, norms), norm_states(network, others)
    with torch.no_grad():
        network(photos(), norms)
    assert same(norm_states(network, others), other)
    for name, tensor in norm_states(network, norms).items():
        learnt = name.endswith(("weight", "bias"))
        assert torch.equal(tensor, own[name]) == learnt, name


@pytest.mark.parametrize(("norms", "others"), [("real", "generated"), ("generated", "real")])
def test_a_pass_teaches_the_shared_parameters_and_its_own_norms(norms: Norms, others: Norms) -> None:
    network = with_both_norms().train()
    (network(photos(1), norms) - photos(2)).square().mean().backward()
    for name, parameter in network.named_parameters():
        assert (parameter.grad is None) == (f".norm.{others}." in name), name


@torch.no_grad()
def test_the_outputs_differ_once_the_norms_do() -> None:
    network = livened(NetworkConfig(64, individual_batch_norm=True))
    x = photos()
    before = network(x)
    assert torch.equal(network(x, "generated"), before)
    for name, tensor in network.state_dict().items():
        if ".norm.generated.running_mean" in name:
            tensor += 0.1
    assert not torch.isclose(network(x, "generated"), before).any(1).all()
    assert torch.equal(network(x, "real"), before)


@torch.no_grad()
def test_a_pass_in_eval_mode_uses_its_own_running_statistics() -> None:
    """With each other's norms the two passes change places."""
    network = with_both_norms()
    exchanged = copy.deepcopy(network)
    exchange = {".norm.real.": ".norm.generated.", ".norm.generated.": ".norm.real."}
    weights = {}
    for name, tensor in network.state_dict().items():
        of = next((norms for norms in exchange if norms in name), None)
        weights[name.replace(of, exchange[of]) if of else name] = tensor
    exchanged.load_state_dict(weights)
    assert torch.equal(exchanged(photos(), "generated"), network(photos(), "real"))
    assert torch.equal(exchanged(photos(), "real"), network(photos(), "generated"))
    assert not torch.equal(network(photos(), "real"), network(photos(), "generated"))
    assert torch.equal(network(photos()), network(photos(), "real"))  # photos are real where nothing else is said


@torch.no_grad()
def test_without_them_both_passes_share_the_one_set_of_norms() -> None:
    network = livened(NetworkConfig(64)).train()
    other = copy.deepcopy(network)
    assert torch.equal(network(photos(), "generated"), other(photos(), "real"))
    assert same(norm_states(network, "real"), norm_states(other, "real"))  # both took the batch in
    assert network.state_dict()["encoder1.norm.real.num_batches_tracked"] == 1
    assert torch.equal(network.eval()(photos(), "generated"), network(photos(), "real"))
    assert norm_states(network, "generated") == {}


@torch.no_grad()
@pytest.mark.parametrize("architecture", U_NETS)
def test_the_enhancer_is_the_generator_as_it_treats_real_photos(architecture: str) -> None:
    config = NetworkConfig(64, architecture, individual_batch_norm=True)
    generator = livened(config).train()
    generator(photos(1), "real")
    generator(photos(2) ** 3, "generated")
    generator.eval()

    enhancer = GlobalUNet(enhancer_config(config)).eval()
    enhancer.load_state_dict(enhancer_weights(generator.state_dict()), strict=True)
    assert torch.equal(enhancer(photos(3)), generator(photos(3), "real"))
    assert not torch.equal(enhancer(photos(3)), generator(photos(3), "generated"))


def test_the_enhancer_of_a_generator_with_one_set_of_norms_is_that_generator() -> None:
    config = NetworkConfig(128, "unet")
    assert enhancer_config(config) == config
    weights = GlobalUNet(config).state_dict()
    assert enhancer_weights(weights).keys() == weights.keys()
    assert enhancer_config(NetworkConfig(128, "unet", individual_batch_norm=True)) == config


@torch.no_grad()
def test_given_global_features_take_the_place_of_the_photos_own() -> None:
    network = livened(NetworkConfig(64))
    x = photos(4)
    own = network.global_features(_encoded(network, x), "real")
    assert torch.equal(network(x, global_features=own), network(x))
    assert not torch.equal(network(x, global_features=own + 1), network(x))
    assert network(x[..., :48, :32], global_features=own).shape[2:] == (48, 32)


def _encoded(network: GlobalUNet, x: Tensor) -> Tensor:
    for level in range(1, 6):
        _, x = getattr(network, f"encoder{level}")(x, "real")
    return x


def _features(output: Tensor | tuple[Tensor, Tensor]) -> Tensor:
    """What the next layer takes: encoder blocks also give a skip connection."""
    return output[1] if isinstance(output, tuple) else output


@pytest.mark.parametrize(
    ("pixel", "weight"),
    [
        ((1, 1, 1), 1),
        ((0, 0, 0), 1),
        ((1, 1, 0.95), 0.25),
        ((0.02, 0, 0), 0.25),
        ((1, 0.9, 1), 0),
        ((0.04, 0, 0), 0),
        ((1, 0, 0), 0),
    ],
)
def test_end_weights_are_those_worked_out_by_hand(pixel: tuple[float, float, float], weight: float) -> None:
    x = torch.tensor(pixel).reshape(1, 3, 1, 1)
    torch.testing.assert_close(end_weights(x), torch.full((1, 1, 1, 1), float(weight)), atol=1e-5, rtol=0)


@torch.no_grad()
def test_white_and_black_stay_where_the_ends_are_kept() -> None:
    network, keeping = livened(NetworkConfig(64)), livened(NetworkConfig(64, keep_ends=True))
    x = photos()
    x[..., :20, :] = 1
    x[..., -20:, :] = 0
    residual = network(x) - x
    torch.testing.assert_close(keeping(x), x + residual * (1 - end_weights(x)))
    assert torch.equal(keeping(x)[..., :20, :], x[..., :20, :])
    assert torch.equal(keeping(x)[..., -20:, :], x[..., -20:, :])
    assert residual[..., :20, :].abs().min() > 0
