"""CycleGAN as a recipe of the two-way GAN."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from deep_photo_enhancer.training.checkpoint import load_checkpoint
from deep_photo_enhancer.training.config import TrainConfig, load_config
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.gan import GAN
from deep_photo_enhancer.training.networks.eight_resblk import EightResBlk
from deep_photo_enhancer.training.networks.patch_critic import PatchCritic
from deep_photo_enhancer.training.recipes import find_recipe
from deep_photo_enhancer.training.trainer import Trainer, train
from tests.synthetic import synthetic_photo, write_photo

RECIPE = find_recipe("cyclegan")


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """The recipe at S = 64 with an eighth of the channels, two steps, and a few dark and good photos."""
    for i in range(4):
        write_photo(tmp_path / "x" / f"ordinary{i}.png", synthetic_photo(i, 72, 96) // 2)
        write_photo(tmp_path / "y" / f"good{i}.png", synthetic_photo(10 + i, 96, 72))
    settings = {
        "run": str(tmp_path / "run"),
        "network.image_size": 64,
        "network.width": 0.125,
        "data.inputs": [str(tmp_path / "x")],
        "data.labels": [str(tmp_path / "y")],
        "data.validation": None,
        "data.validation_share": 0.25,
        "data.cache": None,
        "optimiser.steps": 2,
        "machine.threads": 1,
        "machine.workers": 0,
        "log_every": 1,
    }
    return load_config(RECIPE, [f"{key}={json.dumps(value)}" for key, value in settings.items()])


def test_the_recipe_has_cyclegans_networks_and_rates(config: TrainConfig) -> None:
    method = Trainer(config, Processes()).method
    assert isinstance(method, GAN)
    assert {name: type(network) for name, network in method.networks.items()} == {
        "generator_x": EightResBlk,
        "generator_y": EightResBlk,
        "critic_y": PatchCritic,
        "critic_x": PatchCritic,
    }
    for optimiser in method.optimisers.values():
        assert (optimiser.param_groups[0]["lr"], optimiser.param_groups[0]["betas"]) == (2e-4, (0.5, 0.999))


def test_two_steps_train_all_four_networks_and_log_what_cyclegan_minimises(config: TrainConfig) -> None:
    first = Trainer(config, Processes()).method.networks
    run = train(config)
    with (run / "log.csv").open(newline="") as file:
        lines = [{name: float(value) for name, value in line.items()} for line in csv.DictReader(file)]
    assert len(lines) == 2
    for line in lines:
        assert line["generator"] == pytest.approx(line["adversarial"] + 10 * line["cycle"], rel=1e-4)
        assert min(line["cycle"], line["critic"], line["identity"]) > 0
    checkpoint = load_checkpoint(run)
    for name, network in first.items():
        for weights, tensor in network.state_dict().items():
            assert not torch.equal(checkpoint.tensors[name][weights], tensor), f"{name}: {weights}"


def test_its_losses_worked_out_by_hand(config: TrainConfig) -> None:
    """Least squares over all patches, halved, and ten times the mean absolute cycle error."""
    trainer = Trainer(config, Processes())
    method = trainer.method
    assert isinstance(method, GAN)
    made: list[dict[str, torch.Tensor]] = []
    method.generators.register_forward_hook(lambda _module, _taken, given: made.append(given))
    batch = [part[None] for part in trainer.samples[0]]
    x, mask_x, y, mask_y = batch
    assert (mask_x == 1).all()
    assert (mask_y == 1).all()
    losses = method.update([batch], 0, 1e-12)  # nothing moves
    (photos,) = made

    def scores(domain: str, of: torch.Tensor) -> NDArray[np.float32]:
        with torch.no_grad():
            given: NDArray[np.float32] = method.critics[domain](of).numpy()
        return given

    wanted = {"adversarial": 0.0, "critic": 0.0}
    for domain, real in (("y", y), ("x", x)):
        of_real, of_generated = scores(domain, real), scores(domain, photos[f"{domain}_fake"])
        assert of_real.shape == (1, 6, 6)
        wanted["critic"] += float(np.mean((of_real - 1) ** 2) + np.mean(of_generated**2)) / 2
        wanted["adversarial"] += float(np.mean((of_generated - 1) ** 2)) / 2
    pairs = ((x, photos["x_cycled"]), (y, photos["y_cycled"]))
    wanted["cycle"] = sum(np.abs(cycled.detach().numpy() - real.numpy()).mean() for real, cycled in pairs)
    wanted["generator"] = wanted["adversarial"] + 10 * wanted["cycle"]
    for name, value in wanted.items():
        assert losses[name] == pytest.approx(value, rel=1e-4), name
