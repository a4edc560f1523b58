from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from deep_photo_enhancer.enhancement.square import pad_to_square
from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.training.checkpoint import load_checkpoint
from deep_photo_enhancer.training.config import MachineConfig, OptimiserConfig, TrainConfig
from deep_photo_enhancer.training.data.flattening import FlatteningConfig
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.losses.content import SUPERVISED_LOSSES, masked_mse
from deep_photo_enhancer.training.method import Batch
from deep_photo_enhancer.training.metrics.look_distance import look_distance
from deep_photo_enhancer.training.metrics.quality import psnr
from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.networks.global_unet import GlobalUNet
from deep_photo_enhancer.training.networks.layers import selu
from deep_photo_enhancer.training.prediction import predict
from deep_photo_enhancer.training.stream import batches
from deep_photo_enhancer.training.trainer import Trainer, learning_rate, train


def with_optimiser(config: TrainConfig, **settings: Any) -> TrainConfig:
    return replace(config, optimiser=replace(config.optimiser, **settings))


def passes_of(trainer: Trainer, count: int) -> list[Batch]:
    return list(batches(trainer.samples, 0, count, trainer.config.optimiser.batch_size, Processes(), 0))


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    return {name: parameter.detach().clone() for name, parameter in network.named_parameters()}


def log_of(run: Path) -> list[dict[str, str]]:
    with (run / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Until the file is there, or the process has ended, or a minute has gone."""
    for _ in range(1200):
        if path.exists() or process.poll() is not None:
            return
        time.sleep(0.05)


@contextmanager
def signal_after(step: int, monkeypatch: pytest.MonkeyPatch, number: int = signal.SIGINT, times: int = 1) -> Iterator[None]:
    """Whoever trains in this block gets a signal once update number `step` is done."""
    update = Trainer.update

    def update_then_signal(self: Trainer, passes: list[Batch]) -> dict[str, float]:
        losses = update(self, passes)
        if self.step == step:
            for _ in range(times):
                signal.raise_signal(number)
        return losses

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "update", update_then_signal)
        yield


def assert_same_checkpoints(run: Path, other: Path) -> None:
    mine, theirs = load_checkpoint(run), load_checkpoint(other)
    assert mine.step == theirs.step
    assert mine.tensors.keys() == theirs.tensors.keys()
    for part, tensors in mine.tensors.items():
        assert tensors.keys() == theirs.tensors[part].keys()
        for name, tensor in tensors.items():
            assert torch.equal(tensor, theirs.tensors[part][name]), f"{part}: {name}"


@pytest.mark.parametrize(("accumulate", "average"), [(1, 0.5), (2, 0.0)])
def test_two_steps_and_another_after_a_stop_are_three_steps_bit_by_bit(
    tiny_config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, accumulate: int, average: float
) -> None:
    config = with_optimiser(tiny_config, steps=3, accumulate=accumulate, average=average)
    straight = train(replace(config, run=str(tmp_path / "straight")))
    with signal_after(2, monkeypatch):
        stopped = train(config)
    assert load_checkpoint(stopped).step == 2
    resumed = train(config, resume=True)

    assert load_checkpoint(straight).step == 3
    assert {"generator_x", "optimiser", "enhancer"} <= load_checkpoint(straight).tensors.keys()
    assert ("average" in load_checkpoint(straight).tensors) == bool(average)
    assert_same_checkpoints(resumed, straight)
    lines, expected = log_of(resumed), log_of(straight)
    assert [line["step"] for line in lines] == ["1", "2", "3"]
    for line in lines + expected:
        assert float(line.pop("images_per_second")) > 0
    assert lines == expected


def test_a_stop_between_two_reports_changes_no_weight_either(
    tiny_config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(with_optimiser(tiny_config, average=0.0), log_every=3)
    straight = train(replace(config, run=str(tmp_path / "straight")))
    with signal_after(1, monkeypatch, signal.SIGTERM):
        stopped = train(config)
    assert load_checkpoint(stopped).step == 1
    assert_same_checkpoints(train(config, resume=True), straight)
    assert [line["step"] for line in log_of(straight)] == ["3", "4"]


def test_a_stop_gives_the_signals_back_and_says_how_to_go_on(
    tiny_config: TrainConfig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with signal_after(1, monkeypatch):
        train(tiny_config)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert "stopped at step 1; resuming continues from" in capsys.readouterr().err


def test_a_second_ctrl_c_ends_the_run_at_once(tiny_config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(tiny_config, log_every=4)
    with signal_after(1, monkeypatch, times=2), pytest.raises(KeyboardInterrupt):
        train(config)
    assert not (Path(config.run) / "checkpoints").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a console's Ctrl-C")
def test_ctrl_c_in_a_terminal_is_left_to_the_training_by_its_workers_and_ends_it_with_a_checkpoint(
    tiny_config: TrainConfig, tmp_path: Path
) -> None:
    config = replace(with_optimiser(tiny_config, steps=1000, average=0.0), machine=MachineConfig(workers=1, threads=1))
    recipe = tmp_path / "recipe.json"
    recipe.write_text(json.dumps(config.to_dict()))
    command = [sys.executable, "-m", "deep_photo_enhancer", "train", str(recipe)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            wait_for(Path(config.run) / "samples" / "00000001.png", process)
            os.killpg(process.pid, signal.SIGINT)
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0, errors
    step = load_checkpoint(Path(config.run)).step
    assert 1 <= step < 1000
    said = [line for line in errors.splitlines() if not line.startswith(("training on ", "step "))]
    assert said == [
        "stopping after this step; Ctrl-C again ends at once",
        f"stopped at step {step}; resuming continues from {config.run}/checkpoints/{step:08d}",
    ]


def test_the_run_holds_a_table_pictures_and_the_newest_two_checkpoints(tiny_config: TrainConfig) -> None:
    run = train(tiny_config)
    lines = log_of(run)
    assert list(lines[0]) == ["step", "loss", "look_distance", "psnr", "ssim", "images_per_second", "learning_rate"]
    # four steps, two constant and two falling, the last one half of the way to 0
    assert [float(line["learning_rate"]) for line in lines] == [1e-3, 1e-3, 1e-3, 5e-4]
    for name, least, most in (("loss", 0, 0.5), ("look_distance", 0, 50), ("psnr", 5, 60), ("ssim", 0, 1)):
        assert all(least < float(line[name]) < most for line in lines), name
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["00000003", "00000004"]
    assert sorted(path.name for path in (run / "samples").iterdir()) == [f"{step:08d}.png" for step in (1, 2, 3, 4)]
    assert load_checkpoint(run).config["seed"] == tiny_config.seed


def test_a_sample_picture_shows_x_the_result_and_y_of_the_validation_photos(tiny_config: TrainConfig) -> None:
    run = train(with_optimiser(tiny_config, steps=1))
    validation = Trainer(tiny_config, Processes()).validation
    picture = np.asarray(Image.open(run / "samples" / "00000001.png"))
    assert len(validation.y) == 2
    assert picture.shape == (2 * 64, 3 * 64, 3)

    enhancer = GlobalUNet(NetworkConfig(64))
    enhancer.load_state_dict(load_checkpoint(run).enhancer)
    y_fake = [predict(enhancer.eval(), x, torch.device("cpu")) for x in validation.x]
    for i, photos in enumerate(zip(validation.x, y_fake, validation.y, strict=True)):
        row = np.concatenate([pad_to_square(photo, 64) for photo in photos], axis=1)
        assert np.abs(picture[64 * i : 64 * (i + 1)].astype(int) - row).max() <= 1
    (line,) = log_of(run)
    psnrs = [psnr(out, y) for out, y in zip(y_fake, validation.y, strict=True)]
    assert float(line["psnr"]) == pytest.approx(np.mean(psnrs), abs=0.05)
    assert float(line["look_distance"]) == pytest.approx(look_distance(y_fake, validation.y), abs=0.05)


def test_a_run_is_not_overwritten(tiny_config: TrainConfig) -> None:
    config = with_optimiser(tiny_config, steps=1)
    run = train(config)
    before = (run / "log.csv").read_text()
    with pytest.raises(TrainingError, match=r"holds a run already; continue it with --resume"):
        train(config)
    assert (run / "log.csv").read_text() == before


def test_a_run_that_never_came_to_a_checkpoint_is_started_again(tiny_config: TrainConfig) -> None:
    config = with_optimiser(tiny_config, steps=1)
    (Path(config.run) / "checkpoints").mkdir(parents=True)
    assert load_checkpoint(train(config)).step == 1


def test_only_a_run_that_exists_is_resumed(tiny_config: TrainConfig) -> None:
    with pytest.raises(TrainingError, match="holds no checkpoint"):
        train(tiny_config, resume=True)


def test_a_run_is_resumed_with_its_own_recipe_only(tiny_config: TrainConfig) -> None:
    train(with_optimiser(tiny_config, steps=1))
    others = {
        "network.architecture": replace(tiny_config, network=NetworkConfig(64, "unet")),
        "optimiser.average": with_optimiser(tiny_config, average=0.0),
        "seed": replace(tiny_config, seed=9),
        "method": replace(tiny_config, method="one_way"),
        "data.flattening.exposure_mean": replace(
            tiny_config, data=replace(tiny_config.data, flattening=FlatteningConfig(exposure_mean=-3))
        ),
    }
    for setting, other in others.items():
        with pytest.raises(TrainingError, match=f"was started with other settings of {setting}; resume it with the same"):
            train(other, resume=True)


def test_a_loss_that_is_no_number_ends_the_run_and_keeps_the_last_good_checkpoint(
    tiny_config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([1.0, 1.0, float("nan")])

    def failing(y_fake: Tensor, y: Tensor, mask: Tensor) -> Tensor:
        return masked_mse(y_fake, y, mask) * next(losses)

    monkeypatch.setitem(SUPERVISED_LOSSES, "mse", failing)
    with pytest.raises(TrainingError, match=r"the loss is nan at step 3; the last good checkpoint is kept"):
        train(tiny_config)
    checkpoint = load_checkpoint(Path(tiny_config.run))
    assert checkpoint.step == 2
    assert all(tensor.isfinite().all() for tensors in checkpoint.tensors.values() for tensor in tensors.values())


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (10, [1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2]),
        (5, [1, 1, 1, 2 / 3, 1 / 3]),
        (1, [1]),
    ],
)
def test_the_learning_rate_is_constant_then_falls_to_0_after_the_last_step(steps: int, expected: list[float]) -> None:
    config = OptimiserConfig(steps=steps, learning_rate=0.002)
    rates = [learning_rate(step, config) for step in range(steps)]
    assert rates == pytest.approx([0.002 * share for share in expected])


def test_updates_use_the_learning_rate_of_their_step(tiny_config: TrainConfig) -> None:
    trainer = Trainer(tiny_config, Processes())
    rates = []
    for batch in passes_of(trainer, 4):
        trainer.update([batch])
        rates.append(trainer.method.optimisers["optimiser"].param_groups[0]["lr"])
    assert rates == pytest.approx([1e-3, 1e-3, 1e-3, 5e-4])


def test_the_average_starts_at_the_first_update_and_follows_its_formula(tiny_config: TrainConfig) -> None:
    trainer = Trainer(with_optimiser(tiny_config, average=0.8), Processes())
    assert trainer.average is not None
    expected: dict[str, Tensor] = {}
    for batch in passes_of(trainer, 3):
        trainer.update([batch])
        weights = weights_of(trainer.method.generator)
        expected = {name: 0.8 * expected.get(name, weight) + 0.2 * weight for name, weight in weights.items()}
        for name, parameter in trainer.average.module.named_parameters():
            torch.testing.assert_close(parameter.detach(), expected[name], rtol=1e-5, atol=1e-7)


def test_batch_norms_are_measured_again_on_as_many_batches_as_wanted(tiny_config: TrainConfig) -> None:
    config = replace(with_optimiser(tiny_config, average=0.0), recalibrate=3)
    trainer = Trainer(config, Processes())
    trained = trainer.method.generator
    before = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
    enhancer = trainer.build_enhancer()
    assert not enhancer.training
    features = []
    for x, _, _ in passes_of(trainer, 3):
        with torch.no_grad():
            features.append(selu(enhancer.get_submodule("encoder1.conv")(x)))
    norm = enhancer.get_submodule("encoder1.norm.real")
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_mean is not None
    torch.testing.assert_close(norm.running_mean, torch.stack([each.mean((0, 2, 3)) for each in features]).mean(0))
    assert norm.momentum == 0.1
    for name, tensor in trained.state_dict().items():
        assert torch.equal(tensor, before[name]), name  # measuring leaves the network that trains alone
        if "running" not in name and "batches" not in name:
            assert torch.equal(enhancer.state_dict()[name], tensor), name


def test_the_average_is_what_is_exported(tiny_config: TrainConfig) -> None:
    trainer = Trainer(tiny_config, Processes())
    for batch in passes_of(trainer, 2):
        trainer.update([batch])
    assert trainer.average is not None
    name = "decoder1.conv.weight"
    exported = trainer.build_enhancer().get_parameter(name)
    assert torch.equal(exported, trainer.average.module.get_parameter(name))
    assert not torch.equal(exported, trainer.method.generator.get_parameter(name))


def test_bf16_trains_to_the_end(tiny_config: TrainConfig) -> None:
    config = replace(with_optimiser(tiny_config, steps=2), machine=replace(tiny_config.machine, precision="bf16"))
    run = train(config)
    assert load_checkpoint(run).step == 2
    assert np.isfinite(float(log_of(run)[1]["loss"]))


def test_the_same_seed_gives_the_same_first_weights_and_another_seed_others(tiny_config: TrainConfig) -> None:
    first, again, other = (
        Trainer(replace(tiny_config, seed=seed), Processes()).method.generator.get_parameter("decoder1.conv.weight")
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_run_that_was_asked_to_stop_before_its_first_step_saves_the_first_weights(tiny_config: TrainConfig) -> None:
    trainer = Trainer(tiny_config, Processes())
    stop = Event()
    stop.set()
    trainer.fit(stop)
    checkpoint = load_checkpoint(Path(tiny_config.run))
    assert checkpoint.step == 0
    train(with_optimiser(tiny_config, steps=1), resume=True)
    assert load_checkpoint(Path(tiny_config.run)).step == 1
