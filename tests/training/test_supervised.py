from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.training.config import TrainConfig
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.data.flattening import FlatteningConfig
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.losses.content import masked_mse
from deep_photo_enhancer.training.trainer import Trainer
from tests.synthetic import synthetic_photo, write_photo
from tests.training.test_trainer import passes_of, weights_of, with_optimiser


def test_a_nan_in_any_of_the_accumulated_passes_is_noticed_before_the_weights_change(tiny_config: TrainConfig) -> None:
    trainer = Trainer(with_optimiser(tiny_config, accumulate=2), Processes())
    first, second = passes_of(trainer, 2)
    first[0][0, 0, 0, 0] = float("nan")
    before = weights_of(trainer.method.generator)
    with pytest.raises(TrainingError, match="the loss is nan at step 1"):
        trainer.update([first, second])
    assert all(torch.equal(parameter, before[name]) for name, parameter in trainer.method.generator.named_parameters())


def test_the_first_update_moves_weights_by_the_learning_rate_against_the_gradient(tiny_config: TrainConfig) -> None:
    trainer = Trainer(tiny_config, Processes())
    before = weights_of(trainer.method.generator)
    trainer.update(passes_of(trainer, 1))
    weight = trainer.method.generator.get_parameter("decoder6.conv.weight")
    assert weight.grad is not None
    # Adam's first step is g / (|g| + 1e-8) times the learning rate: its sign, but for tiny gradients.
    clear = weight.grad.abs() > 1e-5
    assert clear.float().mean() > 0.9
    moved = (weight - before["decoder6.conv.weight"])[clear]
    torch.testing.assert_close(moved, -1e-3 * weight.grad[clear].sign(), rtol=0.01, atol=1e-6)
    unmoved = [name for name, parameter in trainer.method.generator.named_parameters() if torch.equal(parameter, before[name])]
    assert unmoved == []


def test_accumulated_passes_give_the_mean_of_their_gradients_and_losses(tiny_config: TrainConfig) -> None:
    trainer = Trainer(with_optimiser(tiny_config, accumulate=2), Processes())
    passes = passes_of(trainer, 2)
    reference = Trainer(tiny_config, Processes()).method.generator.train()
    gradients: dict[str, Tensor] = {name: torch.zeros_like(parameter) for name, parameter in reference.named_parameters()}
    losses = []
    for x, y, mask in passes:
        reference.zero_grad()
        loss = masked_mse(reference(x), y, mask)
        loss.backward()
        losses.append(loss.item())
        for name, parameter in reference.named_parameters():
            assert parameter.grad is not None
            gradients[name] += parameter.grad / 2

    assert trainer.update(passes)["loss"] == pytest.approx(sum(losses) / 2, rel=1e-5)
    assert losses[0] != pytest.approx(losses[1], rel=1e-3)
    for name, parameter in trainer.method.generator.named_parameters():
        assert parameter.grad is not None
        difference = (parameter.grad - gradients[name]).norm()
        assert difference <= 1e-3 * gradients[name].norm(), name


def test_one_photo_is_learned_by_heart(tmp_path: Path, tiny_config: TrainConfig) -> None:
    for i in range(2):
        label = synthetic_photo(i, 64, 64)
        write_photo(tmp_path / "y" / f"{i}.png", label)
        write_photo(tmp_path / "x" / f"{i}.png", (label // 2)[:, :, ::-1])
    config = replace(
        with_optimiser(tiny_config, steps=40, learning_rate=5e-3, average=0.0),
        data=DataConfig(labels=(str(tmp_path / "y"),), inputs=(str(tmp_path / "x"),), validation_share=0.5, crop=1, flip=False),
    )
    trainer = Trainer(config, Processes())
    losses = [trainer.update([batch])["loss"] for batch in passes_of(trainer, 20)]
    assert losses[-1] < losses[0] / 5


def test_bf16_computes_in_bf16_and_keeps_weights_and_loss_in_fp32(tiny_config: TrainConfig) -> None:
    config = replace(tiny_config, machine=replace(tiny_config.machine, precision="bf16"))
    trainer = Trainer(config, Processes())
    types: list[torch.dtype] = []
    trainer.method.generator.get_submodule("encoder2.conv").register_forward_hook(
        lambda _module, _inputs, output: types.append(output.dtype)
    )
    (batch,) = passes_of(trainer, 1)
    loss = trainer.update([batch])["loss"]
    assert types == [torch.bfloat16]
    assert {parameter.dtype for parameter in trainer.method.generator.parameters()} == {torch.float32}
    assert loss == pytest.approx(Trainer(tiny_config, Processes()).update([batch])["loss"], rel=0.05)


def test_validation_photos_are_flattened_like_training_photos(tiny_config: TrainConfig) -> None:
    unchanged = replace(tiny_config, data=replace(tiny_config.data, flattening=FlatteningConfig(unchanged=1)))
    alike = Trainer(unchanged, Processes()).validation
    for x, y in zip(alike.x, alike.y, strict=True):
        np.testing.assert_array_equal(x, y)
    darker = replace(tiny_config, data=replace(tiny_config.data, flattening=FlatteningConfig(unchanged=0, exposure_mean=-3)))
    darkened = Trainer(darker, Processes()).validation
    for x, y in zip(darkened.x, darkened.y, strict=True):
        assert x.mean() < y.mean()
