from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from deep_photo_enhancer.enhancement.models import load_model
from deep_photo_enhancer.errors import ModelError, TrainingError
from deep_photo_enhancer.training.checkpoint import ENHANCER, Checkpoint, load_checkpoint, save_checkpoint
from deep_photo_enhancer.training.config import TrainConfig
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.networks.build import build_network
from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.networks.global_unet import GlobalUNet
from deep_photo_enhancer.training.start import LAST, SIZED_BY_IMAGE, Start, load_start, start_generator, start_inverse
from deep_photo_enhancer.training.trainer import Trainer, train


def trained_network(config: NetworkConfig) -> GlobalUNet:
    torch.manual_seed(3)
    network = GlobalUNet(config)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
            assert module.bias is not None
            nn.init.uniform_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            for tensor in (module.weight, module.bias, module.running_mean, module.running_var):
                nn.init.uniform_(tensor, 0.5, 1.5)
    return network.eval()


def start_of(network: GlobalUNet) -> Start:
    return Start(dict(network.state_dict()), network.config.to_dict())


def checkpoint_of(network: GlobalUNet) -> Checkpoint:
    return Checkpoint(7, {"network": network.config.to_dict()}, {ENHANCER: network.state_dict()}, {})


def started(start: Start, config: NetworkConfig) -> dict[str, Tensor]:
    network = GlobalUNet(config)
    start_generator(network, start)
    return network.state_dict()


@torch.no_grad()
@pytest.mark.parametrize("image_size", [64, 128, 192])
def test_a_larger_network_has_the_same_global_features_on_a_constant_map(image_size: int) -> None:
    small = trained_network(NetworkConfig(64))
    large = GlobalUNet(NetworkConfig(image_size)).eval()
    start_generator(large, start_of(small))
    features = torch.rand(2, 128, 1, 1)
    expected = small.global_features(features.expand(-1, -1, 4, 4), "real")
    side = image_size // 16
    torch.testing.assert_close(large.global_features(features.expand(-1, -1, side, side), "real"), expected, rtol=1e-4, atol=1e-4)
    assert expected.std() > 0.1


def test_each_weight_is_spread_over_its_own_places() -> None:
    small = trained_network(NetworkConfig(128))
    stretched = started(start_of(small), NetworkConfig(256))[SIZED_BY_IMAGE]
    kernel = small.state_dict()[SIZED_BY_IMAGE]
    assert kernel.shape == (128, 128, 2, 2)
    assert stretched.shape == (128, 128, 4, 4)
    for row in range(4):
        for column in range(4):
            assert torch.equal(stretched[..., row, column], kernel[..., row // 2, column // 2] / 4)


def test_the_weights_of_places_that_become_one_are_summed() -> None:
    large = trained_network(NetworkConfig(256))
    shrunk = started(start_of(large), NetworkConfig(128))[SIZED_BY_IMAGE]
    kernel = large.state_dict()[SIZED_BY_IMAGE]
    assert shrunk.shape == (128, 128, 2, 2)
    for row in range(2):
        for column in range(2):
            block = kernel[..., 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            torch.testing.assert_close(shrunk[..., row, column], block.sum((-2, -1)))


def test_stretched_and_shrunk_again_a_kernel_is_what_it_was() -> None:
    small = trained_network(NetworkConfig(64))
    large = GlobalUNet(NetworkConfig(192))
    start_generator(large, start_of(small))
    again = started(start_of(large), NetworkConfig(64))[SIZED_BY_IMAGE]
    torch.testing.assert_close(again, small.state_dict()[SIZED_BY_IMAGE])


def test_all_other_weights_are_copies() -> None:
    small = trained_network(NetworkConfig(64))
    weights = started(start_of(small), NetworkConfig(128))
    for name, tensor in small.state_dict().items():
        if name != SIZED_BY_IMAGE:
            assert torch.equal(weights[name], tensor), name
            assert weights[name].data_ptr() != tensor.data_ptr()


def test_batch_norms_for_generated_photos_begin_as_those_for_real_ones() -> None:
    trained = trained_network(NetworkConfig(64))
    weights = started(start_of(trained), NetworkConfig(64, individual_batch_norm=True))
    generated = [name for name in weights if ".norm.generated." in name]
    assert len(generated) == 13 * 5
    for name in generated:
        real = name.replace(".generated.", ".real.")
        assert torch.equal(weights[name], trained.state_dict()[real]), name
        assert weights[name].data_ptr() != weights[real].data_ptr()


@torch.no_grad()
def test_the_inverse_takes_away_the_residual_that_the_generator_adds() -> None:
    trained = trained_network(NetworkConfig(64))
    inverse = GlobalUNet(NetworkConfig(64, individual_batch_norm=True)).eval()
    start_inverse(inverse, start_of(trained))
    for name, tensor in trained.state_dict().items():
        assert torch.equal(inverse.state_dict()[name], -tensor if name in LAST else tensor), name
    x = torch.rand(1, 3, 64, 64)
    added = trained(x) - x
    assert added.abs().mean() > 0.1
    for norms in inverse.config.norms:
        torch.testing.assert_close(inverse(x, norms), x - added)


@pytest.mark.parametrize(
    ("trained", "wanted", "message"),
    [
        (NetworkConfig(128), NetworkConfig(192), "image_size 192 and 128 do not divide each other"),
        (NetworkConfig(192), NetworkConfig(128), "image_size 128 and 192 do not divide each other"),
        (NetworkConfig(64, "unet"), NetworkConfig(64), "holds a unet, but network is a global-unet"),
        (NetworkConfig(64), NetworkConfig(64, "unet"), "holds a global-unet, but network is a unet"),
    ],
)
def test_networks_that_do_not_fit_are_refused(trained: NetworkConfig, wanted: NetworkConfig, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        start_generator(GlobalUNet(wanted), start_of(GlobalUNet(trained)))


def test_a_start_is_found_in_a_run_or_a_checkpoint(tmp_path: Path) -> None:
    network = trained_network(NetworkConfig(64, "unet"))
    checkpoint = save_checkpoint(checkpoint_of(network), tmp_path / "run")
    for name in (tmp_path / "run", checkpoint):
        start = load_start(str(name))
        assert start.network == network.config.to_dict()
        for parameter, tensor in network.state_dict().items():
            assert torch.equal(start.weights[parameter], tensor), parameter


def test_a_start_is_found_in_the_package_or_a_models_file() -> None:
    natural = load_model("natural")
    initialisers = onnx.load(natural.path).graph.initializer
    assert initialisers
    for name in ("natural", str(natural.path)):
        start = load_start(name)
        assert start.network == natural.details["network"]
        for each in initialisers:
            assert start.weights[each.name].numpy().tobytes() == numpy_helper.to_array(each).tobytes(), each.name


@pytest.mark.parametrize("image_size", [64, 128, 256])
def test_a_network_of_any_size_that_fits_starts_as_the_bundled_model(image_size: int) -> None:
    start = load_start("natural")
    assert start.network["image_size"] == 256
    network = GlobalUNet(NetworkConfig(image_size, individual_batch_norm=True))
    start_generator(network, start)
    for name, tensor in network.state_dict().items():
        if name != SIZED_BY_IMAGE and not name.endswith("num_batches_tracked"):
            assert torch.equal(tensor, start.weights[name.replace(".norm.generated.", ".norm.real.")]), name
    assert network.state_dict()[SIZED_BY_IMAGE].shape == (128, 128, image_size // 64, image_size // 64)


def test_a_file_without_a_weight_that_the_network_has_is_refused() -> None:
    start = start_of(trained_network(NetworkConfig(64)))
    del start.weights["encoder1.norm.real.weight"]
    with pytest.raises(TrainingError, match=r"^start_from: .* encoder1\.norm\.real\.weight"):
        start_generator(GlobalUNet(NetworkConfig(64)), start)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [("nowhere.onnx", ModelError, "no such model; there are natural"), ("nowhere", TrainingError, "holds no checkpoint")],
)
def test_nothing_to_start_from_is_an_error(tmp_path: Path, name: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        load_start(str(tmp_path / name))


def test_a_run_starts_from_the_run_that_it_names(tiny_config: TrainConfig, tmp_path: Path) -> None:
    network = trained_network(NetworkConfig(64))
    save_checkpoint(checkpoint_of(network), tmp_path / "first")
    config = replace(tiny_config, network=NetworkConfig(128))
    trainer = Trainer(config, Processes())
    trainer.start(load_start(str(tmp_path / "first")))
    assert trainer.step == 0
    assert trainer.average is not None
    for own in (trainer.method.generator.state_dict(), trainer.average.module.state_dict()):
        assert torch.equal(own["decoder3.conv.weight"], network.state_dict()["decoder3.conv.weight"])
        assert own[SIZED_BY_IMAGE].shape == (128, 128, 2, 2)


@torch.no_grad()
@pytest.mark.parametrize("strength", [0, 0.25, 1])
def test_a_weakened_start_changes_photos_in_proportion(tmp_path: Path, strength: float) -> None:
    trained = trained_network(NetworkConfig(64))
    save_checkpoint(checkpoint_of(trained), tmp_path / "first")
    network = GlobalUNet(NetworkConfig(64)).eval()
    start_generator(network, load_start(str(tmp_path / "first"), strength))
    x = torch.rand(2, 3, 64, 64)
    change = trained(x) - x
    assert change.std() > 0.01
    torch.testing.assert_close(network(x) - x, strength * change, rtol=1e-3, atol=1e-4 * float(change.std()))


def test_a_run_weakens_its_start(tiny_config: TrainConfig, tmp_path: Path) -> None:
    save_checkpoint(checkpoint_of(trained_network(NetworkConfig(64))), tmp_path / "first")
    slow = replace(tiny_config.optimiser, steps=1, learning_rate=1e-9)
    train(replace(tiny_config, start_from=str(tmp_path / "first"), start_strength=0, optimiser=slow))
    weights = load_checkpoint(Path(tiny_config.run)).enhancer
    assert max(weights[name].abs().max() for name in LAST) < 1e-6
    assert weights["decoder3.conv.weight"].abs().max() > 0.01


def test_what_is_no_u_net_cannot_be_weakened(tmp_path: Path) -> None:
    config = NetworkConfig(64, architecture="8resblk")
    checkpoint = Checkpoint(7, {"network": config.to_dict()}, {ENHANCER: build_network(config).state_dict()}, {})
    save_checkpoint(checkpoint, tmp_path / "first")
    with pytest.raises(TrainingError, match=r"start_strength: .*first is no U-Net"):
        load_start(str(tmp_path / "first"), 0.5)


def test_a_resumed_run_needs_no_more_what_it_started_from(tiny_config: TrainConfig, tmp_path: Path) -> None:
    save_checkpoint(checkpoint_of(trained_network(NetworkConfig(64))), tmp_path / "first")
    config = replace(tiny_config, start_from=str(tmp_path / "first"), optimiser=replace(tiny_config.optimiser, steps=1))
    train(config)
    shutil.rmtree(tmp_path / "first")
    train(replace(config, optimiser=replace(config.optimiser, steps=2)), resume=True)
    assert load_checkpoint(Path(config.run)).step == 2


def test_a_model_of_an_earlier_version_is_no_start(tmp_path: Path) -> None:
    proto = onnx.load(load_model("natural").path)
    details = json.loads(proto.metadata_props[0].value)
    del details["network"]["keep_ends"]
    proto.metadata_props[0].value = json.dumps(details)
    onnx.save_model(proto, tmp_path / "old.onnx")
    with pytest.raises(TrainingError, match=r"old\.onnx is from an earlier version, with other skip connections"):
        load_start(str(tmp_path / "old.onnx"))
