from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from deep_photo_enhancer.cli import main
from deep_photo_enhancer.errors import DataError, TrainingError
from deep_photo_enhancer.photo import load_photo
from deep_photo_enhancer.photo.small_copies import small_copy
from deep_photo_enhancer.research.evaluation.pairs import Pair, PairFiles
from deep_photo_enhancer.research.evaluation.pictures import write_pictures
from deep_photo_enhancer.research.evaluation.runs import TrainedRun
from deep_photo_enhancer.research.evaluation.systems import find_systems
from deep_photo_enhancer.training.config import MachineConfig, OptimiserConfig, TrainConfig
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.trainer import train
from tests.synthetic import synthetic_photo, write_photo

PAIR = Pair("photo", synthetic_photo(0, 48, 64), synthetic_photo(1, 48, 64))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two updates at S = 64."""
    folder = tmp_path_factory.mktemp("training")
    for i in range(4):
        write_photo(folder / "photos" / f"p{i}.png", synthetic_photo(i, 48, 64))
    return train(
        TrainConfig(
            data=DataConfig(labels=(str(folder / "photos"),), validation_share=0.25),
            run=str(folder / "run"),
            network=NetworkConfig(64),
            optimiser=OptimiserConfig(steps=2, batch_size=2),
            machine=MachineConfig(threads=1),
            log_every=2,
            recalibrate=1,
        )
    )


def test_a_runs_folder_and_its_checkpoints_are_the_network_of_the_run(run: Path) -> None:
    (checkpoint,) = (run / "checkpoints").iterdir()
    of_run, of_checkpoint = (system(PAIR) for system in find_systems([str(run), str(checkpoint)]).values())
    np.testing.assert_array_equal(of_run, of_checkpoint)
    assert of_run.shape == PAIR.x.shape
    assert of_run.dtype == np.uint8


def test_photos_of_another_size_than_the_runs_are_a_problem_with_a_remedy(run: Path, tmp_path: Path) -> None:
    fits = write_photo(tmp_path / "fits.png", synthetic_photo(0, 48, 64))
    large = write_photo(tmp_path / "large.png", synthetic_photo(0, 96, 72))
    (system,) = find_systems([str(run)]).values()
    files = [(fits, fits), (large, large)]
    (problem,) = system.problems(PairFiles(files))
    assert problem.startswith(
        f"{run}: its network takes photos with a long side of 64 pixels, but 1 of 2 have another, such as {large}"
    )
    assert "use --size 64" in problem
    assert system.problems(PairFiles(files, size=64)) == []


def test_a_run_of_another_version_is_named(run: Path, tmp_path: Path) -> None:
    for name, changes in {"settings": {"global_features": True}, "weights": {"architecture": "unet"}}.items():
        shutil.copytree(run / "checkpoints" / "00000002", tmp_path / name)
        state = json.loads((tmp_path / name / "state.json").read_text(encoding="utf-8"))
        state["config"]["network"] |= changes
        (tmp_path / name / "state.json").write_text(json.dumps(state), encoding="utf-8")
        with pytest.raises(TrainingError, match=f"{name}: not a network of this version; train it again, or evaluate its .onnx"):
            find_systems([str(tmp_path / name)])


def test_a_run_without_checkpoints_is_named(tmp_path: Path) -> None:
    (tmp_path / "run" / "checkpoints").mkdir(parents=True)
    with pytest.raises(TrainingError, match="run: holds no checkpoint"):
        find_systems([str(tmp_path / "run")])


def test_a_runs_pictures_are_written_for_a_folder_and_its_tree_is_kept(run: Path, tmp_path: Path) -> None:
    photo = synthetic_photo(3, 96, 128)
    write_photo(tmp_path / "photos" / "a.png", photo)
    write_photo(tmp_path / "photos" / "more" / "b.png", photo[:, :96])
    result = CliRunner().invoke(main, ["run", str(run), str(tmp_path / "photos"), "-o", str(tmp_path / "made")])
    assert result.output.endswith(f"wrote 2 pictures to {tmp_path / 'made'}\n")
    made = {
        path.relative_to(tmp_path / "made").as_posix(): load_photo(path).pixels for path in (tmp_path / "made").rglob("*.png")
    }
    assert {name: pixels.shape for name, pixels in made.items()} == {"a.png": (48, 64, 3), "more/b.png": (64, 64, 3)}
    (system,) = find_systems([str(run)]).values()
    x = small_copy(tmp_path / "photos" / "a.png", 64)
    np.testing.assert_array_equal(made["a.png"], system(Pair("a", x, x)))
    assert np.abs(made["a.png"].astype(int) - x).max() > 0


def test_photos_that_a_run_cannot_take_are_listed_and_nothing_is_written(run: Path, tmp_path: Path) -> None:
    write_photo(tmp_path / "photos" / "small.png", synthetic_photo(0, 24, 32))
    write_photo(tmp_path / "photos" / "twice.png", synthetic_photo(0, 48, 64))
    write_photo(tmp_path / "photos" / "twice.tif", synthetic_photo(0, 48, 64))
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"no photo")
    trained, output = TrainedRun(run, "cpu"), tmp_path / "made"
    with pytest.raises(DataError, match="3 problems") as caught:
        write_pictures(trained, tmp_path / "photos", output)
    for part in ("small.png: its long side is 32 pixels, and the run takes 64", "twice.tif: has the same name", "broken.jpg: "):
        assert part in str(caught.value)
    assert not output.exists()
    with pytest.raises(DataError, match="photos: already exists and is not an empty folder"):
        write_pictures(trained, tmp_path / "photos", tmp_path / "photos")
