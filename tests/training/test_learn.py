from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import deep_photo_enhancer as dpe
from deep_photo_enhancer.cli import main
from deep_photo_enhancer.errors import DataError, ModelError, TrainingError
from deep_photo_enhancer.models import load_model
from deep_photo_enhancer.networks.global_unet import GlobalUNetConfig
from deep_photo_enhancer.training import learn
from deep_photo_enhancer.training.checkpoint import load_checkpoint
from deep_photo_enhancer.training.learn import LEARN, learn_look
from tests.synthetic import synthetic_photo, write_photo

SMALL = replace(
    LEARN,
    network=GlobalUNetConfig(64, individual_batch_norm=True),
    optimiser=replace(LEARN.optimiser, batch_size=2),
    log_every=1,
    recalibrate=1,
)


def photos_in(folder: Path, count: int, first: int = 0) -> Path:
    for i in range(count):
        write_photo(folder / f"{i}.png", synthetic_photo(first + i, 200, 260))
    return folder


@pytest.fixture(autouse=True)
def small_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "LEARN", SMALL)


@pytest.fixture(scope="module")
def liked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return photos_in(tmp_path_factory.mktemp("photos") / "liked", 31)


def test_a_look_is_learned_continued_and_enhances_photos(liked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ordinary = photos_in(tmp_path / "ordinary", 30, first=100)
    output = tmp_path / "warm.onnx"
    run = tmp_path / "warm-run"

    assert learn_look(liked, ordinary, output, steps=1) == output
    assert load_checkpoint(run).step == 1
    assert len(list((run / "liked").glob("y*.png"))) == 31
    assert len(list((run / "ordinary").glob("x*.png"))) == 30

    learn_look(liked, ordinary, output, steps=2)
    assert "continuing" in capsys.readouterr().err
    assert load_checkpoint(run).step == 2
    assert (run / "progress.png").exists()

    photo = synthetic_photo(7, 90, 120)
    enhanced = dpe.Enhancer(output)(photo)
    assert enhanced.shape == photo.shape
    assert not np.array_equal(enhanced, photo)
    assert "learned from 31 photos in liked" in load_model(output).description


def test_the_card_says_when_from_what_and_how(liked: Path, tmp_path: Path) -> None:
    output = learn_look(liked, None, tmp_path / "mine.onnx", steps=1)
    card = (tmp_path / "mine.md").read_text(encoding="utf-8")
    for fact in (
        f"31 in `{liked}`",
        "flattened copies",
        "`natural`",
        "a-wgan",
        "S = 64",
        "1 of 1",
        "at step 1",
        "--model mine.onnx",
    ):
        assert fact in card
    details = load_model(output).details["training"][0]
    assert details["method"] == "two_way"
    assert details["data"]["inputs"] == []
    assert json.dumps(details)


def test_too_few_photos_are_said_before_anything_is_written(tmp_path: Path) -> None:
    few = photos_in(tmp_path / "few", 3)
    with pytest.raises(DataError, match=r"few: 3 of 3 photos can be used; .* 30 are needed"):
        learn_look(few, None, tmp_path / "few.onnx", steps=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["few"]


def test_too_few_ordinary_photos_leave_no_half_made_run(liked: Path, tmp_path: Path) -> None:
    few = photos_in(tmp_path / "few", 3)
    with pytest.raises(DataError, match="few: 3 of 3 photos can be used"):
        learn_look(liked, few, tmp_path / "look.onnx", steps=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["few"]


def test_photos_left_out_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = photos_in(tmp_path / "photos", 30)
    write_photo(folder / "again.png", synthetic_photo(0, 200, 260))
    learn_look(folder, None, tmp_path / "look.onnx", steps=1)
    said = capsys.readouterr().err
    assert "again.png" in said
    assert "learning from 30 photos" in said


def test_an_output_that_is_no_onnx_file_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"look\.pth: a model's file ends in \.onnx; name it look\.onnx"):
        learn_look(tmp_path, None, tmp_path / "look.pth", steps=1)


def test_a_folder_that_cannot_be_written_is_one_sentence(liked: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(TrainingError, match=r"cannot write there: .*; choose another output"):
        learn_look(liked, None, tmp_path / "file" / "look.onnx", steps=1)


def test_the_command_ends_bad_input_with_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["learn", str(tmp_path / "nowhere"), "-o", str(tmp_path / "look.onnx")])
    assert result.exit_code == 1
    assert result.output == f"Error: {tmp_path / 'nowhere'}: no such folder; name a folder of photos\n"


def test_the_defaults_are_the_papers_two_way_a_wgan_with_individual_batch_norm() -> None:
    assert LEARN.method == "two_way"
    assert LEARN.gan.objective == "a-wgan"
    assert LEARN.network.individual_batch_norm
    assert LEARN.start_from == "natural"
