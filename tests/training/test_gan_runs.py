"""Whole runs of GAN training; one step is in test_gan.py."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from deep_photo_enhancer.enhancement.models import load_model
from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.training import gan as gan_module
from deep_photo_enhancer.training.checkpoint import load_checkpoint
from deep_photo_enhancer.training.config import GanConfig, MachineConfig, OptimiserConfig, TrainConfig
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.export import Words, export_runs
from deep_photo_enhancer.training.gan import GAN
from deep_photo_enhancer.training.losses.content import Translation, identity_loss
from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.networks.global_unet import GlobalUNet
from deep_photo_enhancer.training.networks.layers import selu
from deep_photo_enhancer.training.start import SIZED_BY_IMAGE, load_start
from deep_photo_enhancer.training.stream import batches
from deep_photo_enhancer.training.trainer import Trainer, train
from tests.synthetic import synthetic_photo, write_photo


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five dark lying photos in x, four standing ones in y."""
    folder = tmp_path_factory.mktemp("gan")
    for i in range(5):
        write_photo(folder / "x" / f"ordinary{i}.png", synthetic_photo(i, 72, 96) // 2)
    for i in range(4):
        write_photo(folder / "y" / f"good{i}.png", synthetic_photo(10 + i, 96, 72))
    return folder


def config_of(folder: Path, run: Path, method: str, steps: int, **settings: Any) -> TrainConfig:
    """S = 64, batches of two; two critic steps, and individual batch norm where it is allowed."""
    return TrainConfig(
        data=DataConfig(labels=(str(folder / "y"),), inputs=(str(folder / "x"),), validation_share=0.5),
        method=method,
        run=str(run),
        network=NetworkConfig(64, individual_batch_norm=method == "two_way"),
        optimiser=OptimiserConfig(steps=steps, batch_size=2, betas=(0.5, 0.9), average=0.5),
        gan=GanConfig(**{"critic_steps": 2, "alpha": 30.0, **settings}),
        machine=MachineConfig(threads=1),
        log_every=1,
        recalibrate=1,
    )


@pytest.fixture(scope="module")
def two_way(folder: Path) -> TrainConfig:
    """Of a run of three steps that is done. Its weights lambda adapt after every third critic step."""
    config = config_of(folder, folder / "two-way", "two_way", 3, penalty_window=3, penalty_floor=0.0)
    train(config)
    return config


@pytest.fixture(scope="module")
def one_way(folder: Path) -> TrainConfig:
    """Of a run of two steps that is done, with flattened labels in the place of inputs."""
    config = config_of(folder, folder / "one-way", "one_way", 2)
    config = replace(config, data=replace(config.data, inputs=()))
    train(config)
    return config


def log_of(run: str | Path) -> list[dict[str, str]]:
    with (Path(run) / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


ALWAYS = ["images_per_second", "learning_rate"]


def test_a_two_way_run_logs_every_figure(two_way: TrainConfig) -> None:
    lines = log_of(two_way.run)
    losses = ["critic", "gap_y", "penalty_y", "gap_x", "penalty_x", "generator", "adversarial", "identity", "cycle"]
    weights = ["lambda_y", "lambda_x", "mean_norm_y", "mean_norm_x"]
    assert list(lines[0]) == ["step", *losses, *weights, "look_distance", "ssim_to_x", *ALWAYS]  # without pairs, no PSNR and SSIM
    assert [line["step"] for line in lines] == ["1", "2", "3"]
    for line in lines:
        figures = {name: float(value) for name, value in line.items()}
        assert all(np.isfinite(value) for name, value in figures.items() if not name.startswith("mean_norm"))
        expected = figures["adversarial"] + 30 * figures["identity"] + 300 * figures["cycle"]
        assert figures["generator"] == pytest.approx(expected, rel=1e-4)
        assert min(figures[name] for name in ("identity", "cycle", "lambda_y", "lambda_x", "look_distance")) > 0
    # three steps, one constant and two falling
    assert [float(line["learning_rate"]) for line in lines] == pytest.approx([1e-3, 1e-3, 5e-4])
    # six critic steps have filled the window twice
    assert len({line["lambda_y"] for line in lines}) == 3


def test_a_one_way_run_logs_every_figure(one_way: TrainConfig) -> None:
    lines = log_of(one_way.run)
    losses = ["critic", "gap_y", "penalty_y", "generator", "adversarial", "identity"]
    assert list(lines[0]) == ["step", *losses, "lambda_y", "mean_norm_y", "look_distance", "psnr", "ssim", "ssim_to_x", *ALWAYS]
    assert [line["step"] for line in lines] == ["1", "2"]
    for line in lines:
        figures = {name: float(value) for name, value in line.items()}
        assert all(np.isfinite(value) for value in figures.values())
        assert figures["generator"] == pytest.approx(figures["adversarial"] + 30 * figures["identity"], rel=1e-4)
    assert load_checkpoint(Path(one_way.run)).step == 2


def test_the_log_has_no_losses_of_what_waits(folder: Path) -> None:
    config = config_of(folder, folder / "warm-up", "two_way", 3, critic_steps=1, inverse_steps=1, warm_up=1)
    train(config)
    lines = log_of(config.run)
    assert [float(line["learning_rate"]) for line in lines] == pytest.approx([1e-3, 0, 5e-4])
    unknown = [{name for name, value in line.items() if value == "nan"} for line in lines]
    of_critics = {"critic", "gap_y", "penalty_y", "gap_x", "penalty_x"}
    of_generators = {"generator", "adversarial", "identity"}
    assert unknown[0] == of_critics | of_generators | {"mean_norm_y", "mean_norm_x"}
    assert unknown[1] == of_generators | {"cycle"}
    assert unknown[2] == set()


def test_a_resumed_run_is_bit_by_bit_the_unbroken_one(two_way: TrainConfig, folder: Path) -> None:
    unbroken, resumed = Path(two_way.run), folder / "resumed"
    shutil.copytree(unbroken, resumed)
    shutil.rmtree(resumed / "checkpoints" / "00000003")
    before = load_checkpoint(resumed)
    assert before.step == 2
    train(replace(two_way, run=str(resumed)), resume=True)

    mine, theirs = load_checkpoint(resumed), load_checkpoint(unbroken)
    assert mine.step == theirs.step == 3
    networks = {"generator_x", "generator_y", "critic_x", "critic_y"}
    assert theirs.tensors.keys() == networks | {"optimiser", "critic_optimiser", "average", "average_count", "enhancer"}
    for part, tensors in theirs.tensors.items():
        assert mine.tensors[part].keys() == tensors.keys()
        for name, tensor in tensors.items():
            assert torch.equal(mine.tensors[part][name], tensor), f"{part}: {name}"
    assert mine.state == theirs.state
    for domain in ("y", "x"):  # both changed in the middle of the third step, as their windows were full then
        assert theirs.state["method"][domain]["value"] != before.state["method"][domain]["value"]
    lines, expected = log_of(resumed), log_of(unbroken)
    for line in lines + expected:
        assert float(line.pop("images_per_second")) > 0
    assert lines == expected


def enhancer_of(run: str) -> GlobalUNet:
    enhancer = GlobalUNet(NetworkConfig(64))
    enhancer.load_state_dict(load_checkpoint(Path(run)).enhancer)
    return enhancer.eval()


def test_the_enhancer_is_the_average_of_g_x_with_its_norms_for_real_photos(two_way: TrainConfig) -> None:
    average = load_checkpoint(Path(two_way.run)).tensors["average"]
    for name, parameter in enhancer_of(two_way.run).named_parameters():
        assert torch.equal(parameter, average[name]), name


def test_without_norms_of_their_own_the_enhancers_statistics_are_of_x_and_generated_x_mixed(folder: Path) -> None:
    config = config_of(folder, folder / "mixed", "two_way", 1)
    config = replace(config, network=NetworkConfig(64), optimiser=replace(config.optimiser, average=0.0), recalibrate=2)
    trainer, batches = trainer_and_batches(config, 1)
    trainer.update(batches[0])
    enhancer = trainer.build_enhancer()
    (norm,) = (each for name, each in enhancer.named_modules() if name == "encoder1.norm.real")
    inputs = list(trainer.method.calibration_inputs(batches[0]))
    assert len(inputs) == 4
    with torch.no_grad():
        means = torch.stack([selu(enhancer.get_submodule("encoder1.conv")(each)).mean((0, 2, 3)) for each in inputs])
    torch.testing.assert_close(norm.get_buffer("running_mean"), means.mean(0))
    assert (means[::2].mean(0) - means.mean(0)).abs().max() > 1e-6  # x alone has others


def test_the_exported_file_computes_what_the_enhancer_computes(two_way: TrainConfig, folder: Path) -> None:
    model = load_model(export_runs([Path(two_way.run)], folder / "model.onnx", Words("two ways")))
    assert model.details["network"] == NetworkConfig(64).to_dict()
    assert model.details["training"][0]["method"] == "two_way"
    x = np.random.default_rng(0).random((64, 64, 3), np.float32)
    with torch.no_grad():
        expected = enhancer_of(two_way.run)(torch.from_numpy(x.transpose(2, 0, 1)[None]))[0].numpy().transpose(1, 2, 0)
    assert abs(expected - x).max() > 1e-3
    np.testing.assert_allclose(model(x), expected, atol=1e-4)


def test_the_sample_picture_has_a_column_for_each_photo_of_the_way(two_way: TrainConfig, one_way: TrainConfig) -> None:
    for config, columns, rows in ((two_way, 6, 2), (one_way, 2, 2)):
        picture = np.asarray(Image.open(Path(config.run) / "samples" / "00000001.png"))
        assert picture.shape == (rows * 64, columns * 64, 3)


def trainer_and_batches(config: TrainConfig, steps: int) -> tuple[Trainer, list[list[Any]]]:
    trainer = Trainer(config, Processes())
    size, taken = trainer.method.batches_a_step, iter(batches(trainer.samples, 0, 99, 2, Processes(), 0))
    return trainer, [[next(taken) for _ in range(size)] for _ in range(steps)]


def with_rates(config: TrainConfig, generators: float, critics: float) -> TrainConfig:
    return replace(
        config,
        optimiser=replace(config.optimiser, steps=100, learning_rate=generators),
        gan=replace(config.gan, critic_learning_rate=critics),
    )


STILL = 1e-12
"""A learning rate at which nothing moves."""


def test_small_steps_of_the_generators_lower_what_they_minimise(folder: Path) -> None:
    config = with_rates(config_of(folder, folder / "generators", "two_way", 1, critic_steps=1), 1e-6, STILL)
    trainer, ((batch,),) = trainer_and_batches(config, 1)
    totals = [trainer.update([batch])["generator"] for _ in range(4)]
    assert totals == sorted(totals, reverse=True)
    assert len(set(totals)) == 4


def test_small_steps_of_the_critics_widen_the_gap_between_real_and_generated(folder: Path) -> None:
    config = with_rates(config_of(folder, folder / "critics", "two_way", 1, critic_steps=1, penalty_weight=1e-3), STILL, 1e-5)
    trainer, ((batch,),) = trainer_and_batches(config, 1)
    updates = [trainer.update([batch]) for _ in range(4)]
    for name in ("gap_x", "gap_y"):
        gaps = [losses[name] for losses in updates]
        assert gaps == sorted(gaps), name
        assert len(set(gaps)) == 4


def test_what_diverges_ends_with_advice_and_keeps_the_last_checkpoint(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    factors = iter([1.0, float("nan")])

    def failing(passes: list[Translation]) -> Tensor:
        return identity_loss(passes) * next(factors)

    monkeypatch.setattr(gan_module, "identity_loss", failing)
    config = config_of(folder, folder / "diverged", "one_way", 4, critic_steps=1)
    with pytest.raises(TrainingError) as caught:
        train(config)
    assert str(caught.value) == f"{config.run}: the loss generator is nan at step 2; {GAN.advice}"
    checkpoint = load_checkpoint(Path(config.run))
    assert checkpoint.step == 1
    assert all(tensor.isfinite().all() for tensors in checkpoint.tensors.values() for tensor in tensors.values())


def test_a_run_starts_from_the_bundled_model(folder: Path) -> None:
    config = replace(config_of(folder, folder / "started", "one_way", 1, critic_steps=1), start_from="natural")
    train(replace(config, optimiser=replace(config.optimiser, learning_rate=STILL)))
    trained, natural = load_checkpoint(Path(config.run)).enhancer, load_start("natural").weights
    for name, tensor in trained.items():
        if name != SIZED_BY_IMAGE and not name.endswith(("num_batches_tracked", "running_mean", "running_var")):
            torch.testing.assert_close(tensor, natural[name], rtol=0, atol=1e-9)
