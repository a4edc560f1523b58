"""Training of the networks that the paper compares with its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.training.checkpoint import load_checkpoint
from deep_photo_enhancer.training.config import TrainConfig
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.export import Words, export_runs
from deep_photo_enhancer.training.networks.build import build_network
from deep_photo_enhancer.training.networks.config import COMPARED, NetworkConfig
from deep_photo_enhancer.training.start import Start, load_start, start_generator, start_inverse
from deep_photo_enhancer.training.trainer import Trainer, train
from tests.training.networks.test_build import WIDTHS

NETWORKS = {name: NetworkConfig(64, name, width=WIDTHS[name]) for name in COMPARED}


def start_of(config: NetworkConfig) -> Start:
    return Start(dict(build_network(config).state_dict()), config.to_dict())


@pytest.mark.parametrize("architecture", COMPARED)
def test_every_architecture_trains_from_pairs_and_resumes_bit_by_bit(tiny_config: TrainConfig, architecture: str) -> None:
    config = replace(tiny_config, network=NETWORKS[architecture], optimiser=replace(tiny_config.optimiser, steps=2))
    straight = load_checkpoint(train(replace(config, run=f"{config.run}-straight")))
    train(replace(config, optimiser=replace(config.optimiser, steps=1)))
    resumed = load_checkpoint(train(config, resume=True))
    assert resumed.step == straight.step == 2
    enhancer = build_network(config.network)
    enhancer.load_state_dict(resumed.enhancer)
    assert all(tensor.isfinite().all() for tensor in resumed.enhancer.values())
    for name, tensor in straight.tensors["generator_x"].items():
        assert torch.equal(resumed.tensors["generator_x"][name], tensor), name


def test_batch_norms_are_measured_again_where_there_are_any(tiny_config: TrainConfig) -> None:
    for architecture in COMPARED:
        trainer = Trainer(replace(tiny_config, network=NETWORKS[architecture], recalibrate=3), Processes())
        enhancer = trainer.build_enhancer()
        counted = [int(norm.get_buffer("num_batches_tracked")) for norm in enhancer.modules() if isinstance(norm, nn.BatchNorm2d)]
        assert counted == {"dped": [3] * 8, "fcn": [3] * 9, "8resblk": [], "crn": []}[architecture]
        assert not enhancer.training


def test_only_u_nets_become_model_files(tiny_config: TrainConfig, tmp_path: Path) -> None:
    run = train(replace(tiny_config, network=NETWORKS["fcn"], optimiser=replace(tiny_config.optimiser, steps=1)))
    with pytest.raises(TrainingError) as caught:
        export_runs([run], tmp_path / "model.onnx", Words())
    assert str(caught.value) == (
        f"{run}: a model file holds a global-unet or a unet, not the architecture fcn; "
        "`dpe run` writes the pictures that it makes"
    )
    assert not (tmp_path / "model.onnx").exists()


@pytest.mark.parametrize("architecture", COMPARED)
def test_a_network_starts_from_its_like(architecture: str) -> None:
    start = start_of(NETWORKS[architecture])
    network = build_network(NETWORKS[architecture])
    start_generator(network, start)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, start.weights[name]), name


@pytest.mark.parametrize(
    ("trained", "wanted", "message"),
    [
        (NetworkConfig(64), NETWORKS["fcn"], "start_from: holds a global-unet, but network is a fcn of width 0.25"),
        (replace(NETWORKS["fcn"], width=0.5), NETWORKS["fcn"], "holds a fcn of width 0.5, but network is a fcn of width 0.25"),
        (NETWORKS["crn"], replace(NETWORKS["crn"], image_size=128), r"start_from: has no weights refinements\.5\.conv1\.weight"),
        (
            replace(NETWORKS["crn"], image_size=128),
            NETWORKS["crn"],
            r"last\.weight is of another size; set network\.image_size 128",
        ),
    ],
)
def test_networks_that_are_unlike_are_refused(trained: NetworkConfig, wanted: NetworkConfig, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        start_generator(build_network(wanted), start_of(trained))


def test_only_a_residual_can_be_turned_round() -> None:
    with pytest.raises(TrainingError, match="start_from: G_Y cannot begin as the way back of the architecture 8resblk"):
        start_inverse(build_network(NETWORKS["8resblk"]), start_of(NETWORKS["8resblk"]))


def test_the_bundled_model_tells_its_architecture() -> None:
    network = load_start("natural").network
    assert (network["architecture"], network["image_size"]) == ("global-unet", 256)


def test_adaptive_normalisation_is_the_same_in_training_and_after_recalibration(tiny_config: TrainConfig) -> None:
    """The running statistics of one whole batch are that batch's own, but for the variance's n / (n - 1)."""
    trainer = Trainer(replace(tiny_config, network=NETWORKS["fcn"]), Processes())
    with torch.no_grad():
        for name, parameter in trainer.method.generator.named_parameters():
            if name.endswith("norm_scale"):
                parameter.fill_(0.5)
    trainer.average = None
    enhancer = trainer.build_enhancer()
    x = torch.stack([trainer.samples[n][0] for n in range(2)])
    with torch.no_grad():
        np.testing.assert_allclose(enhancer(x).numpy(), trainer.method.generator.train()(x).numpy(), rtol=1e-3, atol=1e-3)
