"""What each process of test_distributed.py runs, started by torchrun: RECIPE.json FOLDER.

Every process gets a run folder of its own, which only the leading one may fill, and leaves its weights in FOLDER.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from threading import Event

from safetensors.torch import save_file

from deep_photo_enhancer.training.config import TrainConfig, from_dict
from deep_photo_enhancer.training.distributed import join_processes, leave_processes
from deep_photo_enhancer.training.trainer import Trainer


def main(recipe: Path, folder: Path) -> None:
    config = from_dict(TrainConfig, json.loads(recipe.read_text()))
    config = replace(config, run=str(folder / f"run{os.environ['RANK']}"))
    processes = join_processes(config.machine.device)
    try:
        trainer = Trainer(config, processes)
        trainer.fit(Event())
    finally:
        leave_processes(processes)
    weights = {
        f"{name}.{parameter_name}": parameter.detach().contiguous()
        for name, network in trainer.method.networks.items()
        for parameter_name, parameter in network.named_parameters()
    }
    save_file(weights, folder / f"weights{processes.rank}.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
