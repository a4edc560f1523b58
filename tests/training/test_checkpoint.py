from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from deep_photo_enhancer.errors import TrainingError
from deep_photo_enhancer.training import checkpoint
from deep_photo_enhancer.training.checkpoint import (
    ENHANCER,
    Checkpoint,
    load_checkpoint,
    optimiser_tensors,
    restore_optimiser,
    save_checkpoint,
)


def checkpoint_at(step: int) -> Checkpoint:
    tensors = {ENHANCER: {"weight": torch.full((2, 3), float(step)), "count": torch.tensor(step)}, "optimiser": {}}
    state = {"scaler": {"scale": 2.0}, "method": {"y": {"value": 10.0, "norms": [0.1, 1 / 3]}}}
    return Checkpoint(step, {"seed": 1, "optimiser": {"steps": 9}}, tensors, state)


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    saved = checkpoint_at(3)
    folder = save_checkpoint(saved, tmp_path)
    for path in (tmp_path, folder):
        loaded = load_checkpoint(path)
        assert (loaded.step, loaded.config, loaded.state) == (saved.step, saved.config, saved.state)
        assert loaded.tensors.keys() == saved.tensors.keys()
        for name, tensor in saved.tensors[ENHANCER].items():
            assert torch.equal(loaded.tensors[ENHANCER][name], tensor)


def test_weights_that_lie_in_memory_in_another_order_are_saved_as_they_are(tmp_path: Path) -> None:
    weight = torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last)
    save_checkpoint(Checkpoint(1, {}, {ENHANCER: {"weight": weight}}, {}), tmp_path)
    assert torch.equal(load_checkpoint(tmp_path).tensors[ENHANCER]["weight"], weight)


def test_only_the_newest_two_are_kept_and_the_newest_is_loaded(tmp_path: Path) -> None:
    for step in (5, 10, 100):
        save_checkpoint(checkpoint_at(step), tmp_path)
    assert sorted(folder.name for folder in (tmp_path / "checkpoints").iterdir()) == ["00000010", "00000100"]
    assert load_checkpoint(tmp_path).step == 100


def test_a_half_written_checkpoint_does_not_count_and_is_in_nobodys_way(tmp_path: Path) -> None:
    save_checkpoint(checkpoint_at(5), tmp_path)
    unfinished = tmp_path / "checkpoints" / "00000010.part"
    unfinished.mkdir()
    (unfinished / f"{ENHANCER}.safetensors").write_bytes(b"half")
    assert load_checkpoint(tmp_path).step == 5
    save_checkpoint(checkpoint_at(10), tmp_path)
    assert load_checkpoint(tmp_path).step == 10
    assert not unfinished.exists()


def test_a_step_is_saved_again_over_the_old_one(tmp_path: Path) -> None:
    save_checkpoint(Checkpoint(5, {}, {ENHANCER: {"old": torch.zeros(1)}, "average": {"old": torch.zeros(1)}}, {}), tmp_path)
    save_checkpoint(checkpoint_at(5), tmp_path)
    assert load_checkpoint(tmp_path).tensors.keys() == {ENHANCER, "optimiser"}


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (SafetensorError("Error while serializing: out of room"), "Error while serializing: out of room"),
    ],
)
def test_a_checkpoint_that_cannot_be_written_is_an_error_and_the_earlier_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, reason: str
) -> None:
    for step in (5, 10):
        save_checkpoint(checkpoint_at(step), tmp_path)

    def half_written(_tensors: dict[str, Tensor], file: Path) -> None:
        file.write_bytes(b"half")
        raise failure

    monkeypatch.setattr(checkpoint, "save_file", half_written)
    with pytest.raises(TrainingError) as caught:
        save_checkpoint(checkpoint_at(15), tmp_path)
    folder = tmp_path / "checkpoints" / "00000015"
    remedy = "make room or mend the folder, then continue the run"
    assert str(caught.value) == f"{folder}: cannot save this checkpoint: {reason}; {remedy}"
    assert sorted(path.name for path in folder.parent.iterdir()) == ["00000005", "00000010"]
    assert load_checkpoint(tmp_path).step == 10


def test_a_folder_of_checkpoints_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").write_text("a file is in the way")
    with pytest.raises(TrainingError, match="00000005: cannot save this checkpoint: "):
        save_checkpoint(checkpoint_at(5), tmp_path)


def truncate_weights(folder: Path) -> None:
    weights = folder / f"{ENHANCER}.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])


def lose_weights(folder: Path) -> None:
    (folder / f"{ENHANCER}.safetensors").unlink()


def truncate_state(folder: Path) -> None:
    state = folder / "state.json"
    state.write_text(state.read_text()[:20])


def lose_step(folder: Path) -> None:
    (folder / "state.json").write_text("{}")


@pytest.mark.parametrize("damage", [truncate_weights, lose_weights, truncate_state, lose_step])
def test_a_damaged_checkpoint_is_an_error_that_names_it(tmp_path: Path, damage: object) -> None:
    folder = save_checkpoint(checkpoint_at(5), tmp_path)
    assert callable(damage)
    damage(folder)
    with pytest.raises(TrainingError, match=f"^{re.escape(str(folder))}: a damaged checkpoint .* remove it"):
        load_checkpoint(tmp_path)


def test_a_folder_without_checkpoints_is_an_error(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(TrainingError, match="holds no checkpoint"):
            load_checkpoint(folder)


def test_the_enhancer_is_what_is_validated_and_exported() -> None:
    trained, enhancer = {"w": torch.zeros(1)}, {"w": torch.ones(1)}
    assert Checkpoint(1, {}, {"generator_x": trained, "average": trained, ENHANCER: enhancer}, {}).enhancer is enhancer


def test_adam_goes_on_from_its_saved_moments_as_if_never_stopped(tmp_path: Path) -> None:
    def new() -> tuple[list[nn.Parameter], torch.optim.Adam]:
        values = [nn.Parameter(torch.ones(3)), nn.Parameter(torch.zeros(2))]
        return values, torch.optim.Adam(values, lr=0.1)

    def update(values: list[nn.Parameter], optimiser: torch.optim.Adam, gradient: float) -> None:
        for value in values:
            value.grad = torch.full_like(value, gradient)
        optimiser.step()

    values, optimiser = new()
    for gradient in (1.0, -3.0):
        update(values, optimiser, gradient)
    save_checkpoint(Checkpoint(2, {}, {ENHANCER: {}, "optimiser": optimiser_tensors(optimiser)}, {}), tmp_path)

    resumed, its_optimiser = new()
    with torch.no_grad():
        for mine, theirs in zip(resumed, values, strict=True):
            mine.copy_(theirs)
    loaded: dict[str, Tensor] = load_checkpoint(tmp_path).tensors["optimiser"]
    # first moment after gradients 1, -3: 0.9 * 0.1 * 1 + 0.1 * -3
    torch.testing.assert_close(loaded["0.exp_avg"], torch.full((3,), -0.21))
    restore_optimiser(its_optimiser, loaded)
    update(values, optimiser, 0.5)
    update(resumed, its_optimiser, 0.5)
    for mine, theirs in zip(resumed, values, strict=True):
        assert torch.equal(mine, theirs)
