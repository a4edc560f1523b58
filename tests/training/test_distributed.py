from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.training.checkpoint import load_checkpoint
from deep_photo_enhancer.training.config import GanConfig, MachineConfig, OptimiserConfig, TrainConfig
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.distributed import Processes, join_processes, leave_processes, share_gradients
from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.stream import batches
from deep_photo_enhancer.training.trainer import Trainer, train
from tests.synthetic import synthetic_photo, write_photo

WORKER = Path(__file__).with_name("train_in_one_of_many.py")


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TrainConfig]:
    """By the method, of two steps, and of three: one of each phase. Trained by two processes, each in the folder of its run."""
    root = tmp_path_factory.mktemp("distributed")
    for i in range(6):
        write_photo(root / "photos" / f"photo{i}.png", synthetic_photo(i, *((72, 96) if i % 2 else (96, 72))))
    supervised = TrainConfig(
        data=DataConfig(labels=(str(root / "photos"),), validation_share=1 / 3, cache=str(root / "cache")),
        run=str(root / "supervised" / "run0"),
        network=NetworkConfig(64),
        optimiser=OptimiserConfig(steps=2, batch_size=2, average=0.5),
        machine=MachineConfig(threads=1),
        log_every=1,
        recalibrate=1,
    )
    two_way = replace(
        supervised,
        method="two_way",
        run=str(root / "two_way" / "run0"),
        network=NetworkConfig(64, individual_batch_norm=True),
        optimiser=replace(supervised.optimiser, steps=3),
        gan=GanConfig(critic_steps=1, inverse_steps=1, warm_up=1),
    )
    configs = {config.method: config for config in (supervised, two_way)}
    for name, config in configs.items():
        (root / name).mkdir()
        (root / name / "recipe.json").write_text(json.dumps(config.to_dict()))
    train_in_two_processes([root / name for name in configs])
    return configs


def train_in_two_processes(folders: Sequence[Path]) -> None:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [*launcher, str(WORKER), *map(str, folders)], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


def assert_all_processes_trained_the_same(config: TrainConfig, never: Sequence[str] = ()) -> dict[str, Tensor]:
    """Their weights, by network and name; those named in `never` are never trained."""
    first, second = (load_file(Path(config.run).with_name(f"weights{rank}.safetensors")) for rank in (0, 1))
    networks = Trainer(config, Processes()).method.networks
    assert first.keys() == second.keys()
    assert {name.split(".")[0] for name in first} == networks.keys()
    for name, weight in first.items():
        assert torch.equal(weight, second[name]), name
        network, _, parameter = name.partition(".")
        assert torch.equal(weight, networks[network].get_parameter(parameter)) == (name in never), name
    return first


def test_two_processes_train_one_network_and_the_leading_one_alone_writes(
    recipes: dict[str, TrainConfig], tmp_path: Path
) -> None:
    config = recipes["supervised"]
    run = Path(config.run)
    weights = assert_all_processes_trained_the_same(config)

    assert not run.with_name("run1").exists()
    assert sorted(path.name for path in run.iterdir()) == ["checkpoints", "log.csv", "progress.png", "samples"]
    assert len((run / "log.csv").read_text().splitlines()) == 1 + 2

    # Two processes with batches of two see in one update what one process sees in two accumulated passes of two. Batch norms
    # measure each pass by itself in both. Adam's first moment after one update is a tenth of the gradient.
    accumulated = replace(config, optimiser=replace(config.optimiser, accumulate=2, steps=1), run=str(tmp_path / "alone"))
    alone = train(accumulated)
    moments, expected = (load_checkpoint(each / "checkpoints" / "00000001").tensors["optimiser"] for each in (run, alone))
    assert moments.keys() == expected.keys()
    compared = [name for name in expected if name.endswith("exp_avg")]
    assert len(compared) == len(weights)
    for name in compared:
        assert (moments[name] - expected[name]).norm() <= 1e-3 * expected[name].norm(), name


def test_two_processes_train_all_networks_of_the_two_way_gan(recipes: dict[str, TrainConfig]) -> None:
    config = recipes["two_way"]
    # what is added to the scores of all photos does not change a Wasserstein critic's loss
    added = [f"critic_{domain}.{name}" for domain in ("x", "y") for name in ("blocks.5.norm.bias", "fully_connected.bias")]
    assert_all_processes_trained_the_same(config, never=added)
    assert not Path(config.run).with_name("run1").exists()

    # The first gradients of G_Y and of the critics, the penalty's included, are the means of what each process would have had.
    second = load_checkpoint(Path(config.run) / "checkpoints" / "00000002").tensors
    for step, optimiser in ((0, "optimiser"), (1, "critic_optimiser")):
        alone = [gradients_alone(config, rank, step, optimiser, second) for rank in (0, 1)]
        assert alone[0].keys() == {int(name.split(".")[0]) for name in second[optimiser]}
        for i, first in alone[0].items():
            expected = (first + alone[1][i]) / 2
            assert (second[optimiser][f"{i}.exp_avg"] * 10 - expected).norm() <= 1e-3 * expected.norm() + 1e-9
            assert (first - alone[1][i]).norm() > 1e-3 * expected.norm() or not expected.any()


@pytest.mark.parametrize("method", ["supervised", "two_way"])
def test_the_enhancers_running_statistics_are_the_leading_processs_measurement(
    recipes: dict[str, TrainConfig], method: str
) -> None:
    """One process alone measures the same from the checkpoint: what the second one's batch norms saw leaves no trace."""
    checkpoint = load_checkpoint(Path(recipes[method].run))
    trainer = Trainer(recipes[method], Processes())
    trainer.restore(checkpoint)
    measured = trainer.build_enhancer().state_dict()
    assert measured.keys() == checkpoint.enhancer.keys()
    assert any("running" in name for name in measured)
    for name, tensor in measured.items():
        assert torch.equal(tensor, checkpoint.enhancer[name]), name


def gradients_alone(
    config: TrainConfig, rank: int, step: int, optimiser: str, after: dict[str, dict[str, Tensor]]
) -> dict[int, Tensor]:
    """Of an update on the photos of one of two processes, by the parameters' numbers. after: of both, the tensors afterwards."""
    trainer = Trainer(config, Processes(rank))
    if step:  # G_Y has been fitted before the critics learn
        trainer.method.networks["generator_y"].load_state_dict(after["generator_y"])
    trainer.step = step
    trainer.update(list(batches(trainer.samples, step, step + 1, config.optimiser.batch_size, Processes(rank, 2), 0)))
    (group,) = trainer.method.optimisers[optimiser].param_groups
    return {i: parameter.grad for i, parameter in enumerate(group["params"]) if parameter.grad is not None}


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


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_without_cuda_is_an_error(tiny_config: TrainConfig) -> None:
    config = replace(tiny_config, machine=replace(tiny_config.machine, device="cuda"))
    with pytest.raises(
        TrainingError, match=re.escape("device cuda: this machine or this PyTorch has no such CUDA device; use cpu")
    ):
        train(config)
    assert not Path(config.run).exists()


def test_a_device_that_nobody_knows_is_an_error(tiny_config: TrainConfig) -> None:
    config = replace(tiny_config, machine=replace(tiny_config.machine, device="abacus"))
    with pytest.raises(TrainingError, match=r"device abacus: not known; use auto, cpu, cuda"):
        train(config)
