from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from deep_photo_enhancer.training.checkpoint import load_checkpoint
from deep_photo_enhancer.training.config import GanConfig, TrainConfig
from deep_photo_enhancer.training.distributed import Processes, join_processes, leave_processes, share_gradients
from deep_photo_enhancer.training.stream import batches
from deep_photo_enhancer.training.trainer import Trainer, train

WORKER = Path(__file__).with_name("train_in_one_of_many.py")


def train_in_two_processes(config: TrainConfig, folder: Path) -> None:
    recipe = folder / "recipe.json"
    recipe.write_text(json.dumps(config.to_dict()))
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [*launcher, str(WORKER), str(recipe), str(folder)], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def assert_all_processes_trained_the_same(config: TrainConfig, folder: Path, never: Sequence[str] = ()) -> dict[str, Tensor]:
    """Their weights, by network and name; those named in `never` are never trained."""
    first, second = (load_file(folder / f"weights{rank}.safetensors") for rank in (0, 1))
    networks = Trainer(config, Processes()).method.networks
    assert first.keys() == second.keys()
    assert {name.split(".")[0] for name in first} == networks.keys()
    for name, weight in first.items():
        assert torch.equal(weight, second[name]), name
        network, _, parameter = name.partition(".")
        assert torch.equal(weight, networks[network].get_parameter(parameter)) == (name in never), name
    return first


def test_two_processes_train_one_network_and_the_leading_one_alone_writes(tiny_config: TrainConfig, tmp_path: Path) -> None:
    two_steps = replace(tiny_config, optimiser=replace(tiny_config.optimiser, steps=2))
    config = replace(two_steps, data=replace(two_steps.data, cache=str(tmp_path / "cache")))
    train_in_two_processes(config, tmp_path)

    weights = assert_all_processes_trained_the_same(config, tmp_path)

    assert not (tmp_path / "run1").exists()
    assert sorted(path.name for path in (tmp_path / "run0").iterdir()) == ["checkpoints", "log.csv", "progress.png", "samples"]
    assert len((tmp_path / "run0" / "log.csv").read_text().splitlines()) == 1 + 2

    # Two processes with batches of two see in one update what one process sees in two accumulated passes of two. Batch norms
    # measure each pass by itself in both. Adam's first moment after one update is a tenth of the gradient.
    accumulated = replace(config, optimiser=replace(config.optimiser, accumulate=2), run=str(tmp_path / "alone"))
    alone = train(accumulated)
    moments, expected = (
        load_checkpoint(run / "checkpoints" / "00000001").tensors["optimiser"] for run in (tmp_path / "run0", alone)
    )
    assert moments.keys() == expected.keys()
    compared = [name for name in expected if name.endswith("exp_avg")]
    assert len(compared) == len(weights)
    for name in compared:
        assert (moments[name] - expected[name]).norm() <= 1e-3 * expected[name].norm(), name


def test_two_processes_train_all_networks_of_the_two_way_gan(tiny_config: TrainConfig, tmp_path: Path) -> None:
    config = replace(
        tiny_config,
        method="two_way",
        network=replace(tiny_config.network, individual_batch_norm=True),
        optimiser=replace(tiny_config.optimiser, steps=2),
        gan=GanConfig(critic_steps=1),
    )
    train_in_two_processes(config, tmp_path)
    # what is added to the scores of all photos does not change a Wasserstein critic's loss
    added = [f"critic_{domain}.{name}" for domain in ("x", "y") for name in ("blocks.5.norm.bias", "fully_connected.bias")]
    assert_all_processes_trained_the_same(config, tmp_path, never=added)
    assert not (tmp_path / "run1").exists()

    # The critics' first gradient, the penalty's included, is the mean of what each process would have had alone.
    alone = [critic_gradients_alone(config, rank) for rank in (0, 1)]
    moments = load_checkpoint(tmp_path / "run0" / "checkpoints" / "00000001").tensors["critic_optimiser"]
    for i, (first, second) in enumerate(zip(*alone, strict=True)):
        expected = (first + second) / 2
        assert (moments[f"{i}.exp_avg"] * 10 - expected).norm() <= 1e-3 * expected.norm() + 1e-9
        assert (first - second).norm() > 1e-3 * expected.norm() or not expected.any()


def critic_gradients_alone(config: TrainConfig, rank: int) -> list[Tensor]:
    """Of the first update on the photos of one of two processes."""
    trainer = Trainer(config, Processes(rank))
    size = config.optimiser.batch_size
    trainer.update(list(batches(trainer.samples, 0, 1, size, Processes(rank, 2), 0)))
    (group,) = trainer.method.optimisers["critic_optimiser"].param_groups
    return [parameter.grad for parameter in group["params"]]


def test_one_process_needs_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    processes = join_processes("cpu")
    assert processes == Processes(rank=0, count=1, local_rank=0)
    assert processes.leads
    assert not torch.distributed.is_initialized()
    network = nn.Linear(1, 1)
    assert share_gradients(network, torch.device("cpu"), processes) is network
    leave_processes(processes)


def test_only_the_first_process_leads() -> None:
    assert [Processes(rank, 3).leads for rank in range(3)] == [True, False, False]
