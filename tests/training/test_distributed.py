from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from deep_photo_enhancer.training.checkpoint import load_checkpoint
from deep_photo_enhancer.training.config import TrainConfig
from deep_photo_enhancer.training.distributed import Processes, join_processes, leave_processes, share_gradients
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


def test_two_processes_train_one_network_and_the_leading_one_alone_writes(tiny_config: TrainConfig, tmp_path: Path) -> None:
    two_steps = replace(tiny_config, optimiser=replace(tiny_config.optimiser, steps=2))
    config = replace(two_steps, data=replace(two_steps.data, cache=str(tmp_path / "cache")))
    train_in_two_processes(config, tmp_path)

    first, second = (load_file(tmp_path / f"weights{rank}.safetensors") for rank in (0, 1))
    untrained = Trainer(config, Processes()).network.state_dict()
    assert first.keys() == second.keys()
    for name, weight in first.items():
        assert torch.equal(weight, second[name]), name
        assert not torch.equal(weight, untrained[name]), name

    assert not (tmp_path / "run1").exists()
    assert sorted(path.name for path in (tmp_path / "run0").iterdir()) == ["checkpoints", "log.csv", "samples"]
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
    assert len(compared) == len(first)
    for name in compared:
        assert (moments[name] - expected[name]).norm() <= 1e-3 * expected[name].norm(), name


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
