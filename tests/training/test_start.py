from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.networks.global_unet import GlobalUNet, GlobalUNetConfig
from deep_photo_enhancer.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from deep_photo_enhancer.training.config import TrainConfig
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.start import SIZED_BY_IMAGE, start_weights
from deep_photo_enhancer.training.trainer import Trainer, train


def trained_network(config: GlobalUNetConfig) -> GlobalUNet:
    torch.manual_seed(3)
    network = GlobalUNet(config)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.bias)
    return network.eval()


def checkpoint_of(network: GlobalUNet) -> Checkpoint:
    return Checkpoint(7, {"network": network.config.to_dict()}, {"model": network.state_dict()}, {})


@torch.no_grad()
@pytest.mark.parametrize("image_size", [64, 128, 192])
def test_a_larger_network_has_the_same_global_features_on_a_constant_map(image_size: int) -> None:
    small = trained_network(GlobalUNetConfig(64))
    large = GlobalUNet(GlobalUNetConfig(image_size)).eval()
    large.load_state_dict(start_weights(checkpoint_of(small), large.config))
    features = torch.rand(2, 128, 1, 1)
    expected = small.global_features(features.expand(-1, -1, 4, 4))
    side = image_size // 16
    torch.testing.assert_close(large.global_features(features.expand(-1, -1, side, side)), expected, rtol=1e-4, atol=1e-4)
    assert expected.std() > 0.1


def test_each_weight_is_spread_over_its_own_places() -> None:
    small = trained_network(GlobalUNetConfig(128))
    stretched = start_weights(checkpoint_of(small), GlobalUNetConfig(256))[SIZED_BY_IMAGE]
    kernel = small.state_dict()[SIZED_BY_IMAGE]
    assert kernel.shape == (128, 128, 2, 2)
    assert stretched.shape == (128, 128, 4, 4)
    for row in range(4):
        for column in range(4):
            assert torch.equal(stretched[..., row, column], kernel[..., row // 2, column // 2] / 4)


def test_all_other_weights_are_copies() -> None:
    small = trained_network(GlobalUNetConfig(64))
    checkpoint = checkpoint_of(small)
    weights = start_weights(checkpoint, GlobalUNetConfig(128))
    for name, tensor in small.state_dict().items():
        if name != SIZED_BY_IMAGE:
            assert torch.equal(weights[name], tensor)
            assert weights[name].data_ptr() != tensor.data_ptr()


def test_the_average_is_what_a_run_starts_from() -> None:
    network = trained_network(GlobalUNetConfig(64, global_features=False))
    average = {name: torch.zeros_like(tensor) for name, tensor in network.state_dict().items()}
    checkpoint = replace(checkpoint_of(network), tensors={"model": network.state_dict(), "average": average})
    assert not any(tensor.any() for tensor in start_weights(checkpoint, network.config).values())


@pytest.mark.parametrize(
    ("trained", "wanted", "message"),
    [
        (GlobalUNetConfig(128), GlobalUNetConfig(64), "image_size 64 is no multiple of 128"),
        (GlobalUNetConfig(128), GlobalUNetConfig(192), "image_size 192 is no multiple of 128"),
        (GlobalUNetConfig(64, global_features=False), GlobalUNetConfig(64), "one network has global features"),
        (GlobalUNetConfig(64), GlobalUNetConfig(64, global_features=False), "one network has global features"),
    ],
)
def test_networks_that_do_not_fit_are_refused(trained: GlobalUNetConfig, wanted: GlobalUNetConfig, message: str) -> None:
    checkpoint = Checkpoint(1, {"network": trained.to_dict()}, {"model": {}}, {})
    with pytest.raises(TrainingError, match=message):
        start_weights(checkpoint, wanted)


def test_a_run_starts_from_the_run_that_it_names(tiny_config: TrainConfig, tmp_path: Path) -> None:
    network = trained_network(GlobalUNetConfig(64))
    save_checkpoint(checkpoint_of(network), tmp_path / "first")
    config = replace(tiny_config, start_from=str(tmp_path / "first"), network=GlobalUNetConfig(128))
    trainer = Trainer(config, Processes())
    trainer.start(load_checkpoint(tmp_path / "first"))
    started = trainer.network.state_dict()
    assert trainer.step == 0
    assert torch.equal(started["decoder3.conv.weight"], network.state_dict()["decoder3.conv.weight"])
    assert started[SIZED_BY_IMAGE].shape == (128, 128, 2, 2)


def test_a_resumed_run_needs_no_more_what_it_started_from(tiny_config: TrainConfig, tmp_path: Path) -> None:
    save_checkpoint(checkpoint_of(trained_network(GlobalUNetConfig(64))), tmp_path / "first")
    config = replace(tiny_config, start_from=str(tmp_path / "first"), optimiser=replace(tiny_config.optimiser, steps=1))
    train(config)
    shutil.rmtree(tmp_path / "first")
    train(replace(config, optimiser=replace(config.optimiser, steps=2)), resume=True)
    assert load_checkpoint(Path(config.run)).step == 2
