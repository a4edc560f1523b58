from __future__ import annotations

from pathlib import Path

import pytest

from deep_photo_enhancer.training.config import MachineConfig, OptimiserConfig, TrainConfig
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.networks.config import NetworkConfig
from tests.synthetic import synthetic_photo, write_photo


@pytest.fixture
def photo_folder(tmp_path: Path) -> Path:
    """Six photos, lying and standing: photo0.png ... photo5.png."""
    folder = tmp_path / "photos"
    for i in range(6):
        size = (72, 96) if i % 2 else (96, 72)
        write_photo(folder / f"photo{i}.png", synthetic_photo(i, *size))
    return folder


@pytest.fixture
def tiny_config(photo_folder: Path, tmp_path: Path) -> TrainConfig:
    """Four updates at S = 64 with two photos each; reports after every one."""
    return TrainConfig(
        data=DataConfig(labels=(str(photo_folder),), validation_share=1 / 3),
        run=str(tmp_path / "run"),
        network=NetworkConfig(64),
        optimiser=OptimiserConfig(steps=4, batch_size=2, average=0.5),
        machine=MachineConfig(threads=1),
        log_every=1,
        recalibrate=1,
    )
