"""What each process of test_distributed.py runs, started by torchrun: FOLDER ...

Each FOLDER holds a recipe.json to train, one after the other. Every process gets a run folder in it of its own, which only the
leading one may fill, and leaves its weights there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event

from safetensors.torch import save_file

from deep_photo_enhancer.training.config import TrainConfig, from_dict
from deep_photo_enhancer.training.distributed import Processes, join_processes, leave_processes
from deep_photo_enhancer.training.trainer import Trainer


def main(folders: Sequence[Path]) -> None:
    processes = join_processes("cpu")
    try:
        for folder in folders:
            train_in(folder, processes)
    finally:
        leave_processes(processes)


def train_in(folder: Path, processes: Processes) -> None:
    config = from_dict(TrainConfig, json.loads((folder / "recipe.json").read_text()))
    trainer = Trainer(replace(config, run=str(folder / f"run{processes.rank}")), processes)
    trainer.fit(Event())
    weights = {
        f"{name}.{parameter_name}": parameter.detach().contiguous()
        for name, network in trainer.method.networks.items()
        for parameter_name, parameter in network.named_parameters()
    }
    save_file(weights, folder / f"weights{processes.rank}.safetensors")


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]])
