from __future__ import annotations

import datetime
import json
import os
import re
import shutil
import signal
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from click.testing import CliRunner

import deep_photo_enhancer as dpe
from deep_photo_enhancer.cli import main
from deep_photo_enhancer.enhancement.models import load_model, user_folder
from deep_photo_enhancer.errors import DataError, DivergenceError, ModelError, TrainingError
from deep_photo_enhancer.training.checkpoint import load_checkpoint
from deep_photo_enhancer.training.export import Words, export_runs
from deep_photo_enhancer.training.gan import GAN
from deep_photo_enhancer.training.learning import learn
from deep_photo_enhancer.training.learning.learn import LEARN, learn_look
from deep_photo_enhancer.training.learning.look import Look, read_look, write_look
from deep_photo_enhancer.training.learning.suitability import fingerprint, suitable_photos
from deep_photo_enhancer.training.method import Batch
from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.trainer import Trainer
from tests.synthetic import synthetic_photo, write_photo

SMALL = replace(
    LEARN,
    network=NetworkConfig(64, individual_batch_norm=True),
    optimiser=replace(LEARN.optimiser, batch_size=2),
    gan=replace(LEARN.gan, warm_up=0),
    log_every=1,
    recalibrate=1,
)


def photos_in(folder: Path, count: int, first: int = 0) -> Path:
    for i in range(count):
        write_photo(folder / f"{i}.png", synthetic_photo(first + i, 200, 260))
    return folder


def contents_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def write_step(runs: Sequence[Path], output: Path, words: Words) -> Path:
    """In the place of an ONNX file, which takes seconds to make."""
    output.write_text(f"step {load_checkpoint(runs[0]).step}: {words.description}")
    return output


def make_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small network, and four photos are enough."""
    monkeypatch.setattr(learn, "LEARN", SMALL)
    monkeypatch.setattr(learn, "suitable_photos", partial(suitable_photos, least=4))
    monkeypatch.setattr(learn, "export_runs", write_step)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)


@pytest.fixture(scope="module")
def liked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return photos_in(tmp_path_factory.mktemp("photos") / "liked", 5)


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return photos_in(tmp_path_factory.mktemp("photos") / "ordinary", 4, first=100)


@pytest.fixture(scope="module")
def learned(liked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with look.onnx, look.md and look-run, after one step without ordinary photos."""
    folder = tmp_path_factory.mktemp("learned")
    with pytest.MonkeyPatch.context() as patch:
        make_quick(patch)
        learn_look(liked, None, folder / "look.onnx", steps=1)
    return folder


@pytest.fixture
def look(learned: Path, tmp_path: Path) -> Path:
    """The model's file in a copy of what was learned."""
    shutil.copytree(learned, tmp_path, dirs_exist_ok=True)
    return tmp_path / "look.onnx"


def card_beside(output: Path) -> str:
    return output.with_suffix(".md").read_text(encoding="utf-8")


# The whole way


def test_a_look_is_learned_continued_and_enhances_photos(
    liked: Path, ordinary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "warm.onnx"
    run = tmp_path / "warm-run"

    assert learn_look(liked, ordinary, output, steps=1) == output
    assert load_checkpoint(run).step == 1
    assert len(list((run / "liked").glob("y*.png"))) == 5
    assert len(list((run / "ordinary").glob("x*.png"))) == 4

    monkeypatch.setattr(learn, "export_runs", export_runs)
    learn_look(liked, ordinary, output, steps=2)
    assert "continuing" in capsys.readouterr().err
    assert load_checkpoint(run).step == 2
    assert (run / "progress.png").exists()
    card = card_beside(output)
    assert f"4 in {ordinary}" in card  # what the run was started with
    assert "2 of 2" in card

    photo = synthetic_photo(7, 90, 120)
    enhanced = dpe.Enhancer(output)(photo)
    assert enhanced.shape == photo.shape
    assert not np.array_equal(enhanced, photo)
    model = load_model(output)
    assert "learned from 5 photos in liked" in model.description
    assert model.card is not None
    assert (model.card.name, model.card.date) == ("warm", datetime.date.today().isoformat())
    assert model.card.data == "5 photos in liked, against 4 photos in ordinary; started with the features of natural"
    (details,) = model.details["training"]
    assert (details["method"], details["start_from"], details["run"]) == ("two_way", "natural", "warm-run")
    assert (details["data"]["labels"], details["data"]["inputs"]) == (["liked"], ["ordinary"])
    for entry in onnx.load(output).metadata_props:
        assert str(tmp_path) not in entry.value
        assert str(liked.parent) not in entry.value
        assert "/" not in entry.value


def test_the_card_says_when_from_what_and_how(liked: Path, learned: Path) -> None:
    card = card_beside(learned / "look.onnx")
    for fact in (
        f"5 in {liked}",
        "the same photos, made ordinary",
        "the bundled model natural",
        "a-wgan",
        "S = 64",
        "1 of 1",
        "from ",
        "lower is nearer",
        "1 is unchanged",
        "--model look.onnx",
    ):
        assert fact in card
    settings = load_checkpoint(learned / "look-run").config["data"]
    assert (settings["inputs"], settings["flatten_inputs"]) == ([str(learned / "look-run" / "ordinary")], True)


def test_the_defaults_are_the_papers_two_way_a_wgan_with_individual_batch_norm_from_photos_as_they_are() -> None:
    assert LEARN.method == "two_way"
    assert LEARN.gan.objective == "a-wgan"
    assert LEARN.network.individual_batch_norm
    assert (LEARN.start_from, LEARN.start_strength) == ("natural", 0)


# Photos


def test_too_few_photos_are_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "suitable_photos", suitable_photos)
    few = photos_in(tmp_path / "few", 3)
    with pytest.raises(DataError, match=r"few: 3 of 3 photos can be used, and 30 are needed"):
        learn_look(few, None, tmp_path / "few.onnx", steps=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["few"]


def test_too_few_ordinary_photos_leave_no_half_made_run(liked: Path, tmp_path: Path) -> None:
    few = photos_in(tmp_path / "few", 3)
    with pytest.raises(DataError, match="few: 3 of 3 photos can be used"):
        learn_look(liked, few, tmp_path / "look.onnx", steps=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["few"]


def said_of(folder: Path, output: Path) -> str:
    """What the command says of the liked photos before it finds no ordinary ones."""
    nowhere = str(folder / "nowhere")
    result = CliRunner().invoke(main, ["learn", str(folder), "--ordinary", nowhere, "-o", str(output)])
    assert result.stderr.endswith(f"Error: {nowhere}: no such folder; name a folder of photos\n")
    return result.stderr


def test_photos_left_out_are_named(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "photos", 4)
    write_photo(folder / "again.png", synthetic_photo(0, 200, 260))
    said = said_of(folder, tmp_path / "look.onnx")
    assert f"left out: {folder / 'again.png'}: the same picture as" in said
    assert "learning from 4 photos" in said


def test_a_file_name_that_is_no_text_is_said(tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "photos", 4)
    strange = os.fsencode(folder) + b"/caf\xe9.png"
    try:
        Path(os.fsdecode(strange)).write_bytes(b"")
    except OSError:
        pytest.skip("the file system refuses such names")
    said = said_of(folder, tmp_path / "look.onnx")
    assert "caf" in said
    assert ".png: " in said


def test_runs_of_earlier_looks_among_the_liked_photos_are_skipped(learned: Path, tmp_path: Path) -> None:
    folder = photos_in(tmp_path / "photos", 4, first=200)
    shutil.copytree(learned, folder / "looks")
    assert f"{folder}: learning from 4 photos" in said_of(folder, folder / "new.onnx")


def test_the_same_photos_as_liked_and_ordinary_are_refused(liked: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the liked and the ordinary photos are the same"):
        learn_look(liked, liked / ".." / "liked", tmp_path / "look.onnx", steps=1)
    assert list(tmp_path.iterdir()) == []


# Places


def test_an_output_that_is_no_onnx_file_is_refused_at_once(liked: Path, tmp_path: Path) -> None:
    (tmp_path / "x.onnx").mkdir()
    for output in (tmp_path / "look.pth", tmp_path / "x.onnx", Path()):
        with pytest.raises(ModelError) as caught:
            learn_look(liked, None, output, steps=1)
        assert str(caught.value) == f"{output}: name the model's file, ending in .onnx"
    assert [path.name for path in tmp_path.rglob("*")] == ["x.onnx"]


def test_a_folder_in_the_runs_place_that_is_no_run_is_refused_and_untouched(liked: Path, tmp_path: Path) -> None:
    mine = photos_in(tmp_path / "look-run" / "liked", 2)
    before = contents_of(tmp_path)
    for folder in (liked, mine):
        with pytest.raises(TrainingError, match=r"look-run: already exists and was not made by `dpe learn`; move it"):
            learn_look(folder, None, tmp_path / "look.onnx", steps=1)
    assert contents_of(tmp_path) == before


def test_photos_inside_the_run_are_refused_and_untouched(liked: Path, tmp_path: Path) -> None:
    run = tmp_path / "look-run"
    write_look(Look(str(liked), 5, None, 0, "2026-01-31", "", None), run)
    copies = photos_in(run / "liked", 2)
    before = contents_of(tmp_path)
    for photos, ordinary in ((copies, None), (run, None), (liked, copies)):
        with pytest.raises(DataError, match="lies in the folder of the run; name the folder of the original photos"):
            learn_look(photos, ordinary, tmp_path / "look.onnx", steps=1)
    assert contents_of(tmp_path) == before


def test_a_file_in_the_cards_place_that_is_no_card_is_refused_and_untouched(liked: Path, tmp_path: Path) -> None:
    (tmp_path / "look.md").write_bytes(b"my notes, caf\xe9")
    with pytest.raises(ModelError, match=r"look\.md: already exists and is no model's card; move it"):
        learn_look(liked, None, tmp_path / "look.onnx", steps=1)
    assert contents_of(tmp_path) == {"look.md": b"my notes, caf\xe9"}


def test_a_folder_that_cannot_be_written_is_one_sentence(liked: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(TrainingError, match=r"cannot write there: .*; choose another output"):
        learn_look(liked, None, tmp_path / "file" / "look.onnx", steps=1)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_without_cuda_is_refused_before_anything_is_written(liked: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"^device cuda: this machine or this PyTorch has no such CUDA device; use cpu$"):
        learn_look(liked, None, tmp_path / "look.onnx", steps=1, device="cuda")
    assert list(tmp_path.iterdir()) == []


def test_the_command_ends_bad_input_with_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["learn", str(tmp_path / "nowhere"), "-o", str(tmp_path / "look.onnx")])
    assert result.exit_code == 1
    assert result.output == f"Error: {tmp_path / 'nowhere'}: no such folder; name a folder of photos\n"


def test_a_name_keeps_the_look_among_ones_own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []
    monkeypatch.setattr(learn, "learn_look", lambda _liked, _ordinary, output, *_: written.append(output))
    result = CliRunner().invoke(main, ["learn", str(tmp_path), "--name", "warm"])
    assert written == [user_folder() / "warm.onnx"]
    assert result.stdout == f"wrote {written[0]}; to use it: dpe enhance PHOTOS --model warm\n"
    for wrong, says in (
        (["--name", "natural"], "natural: is the name of a bundled model"),
        ([], "one of the two"),
        (["--name", "warm", "-o", "a.onnx"], "one of the two"),
    ):
        refused = CliRunner().invoke(main, ["learn", str(tmp_path), *wrong])
        assert refused.exit_code == 2
        assert says in refused.stderr


# Stopping and continuing


def stop_after_a_step(patch: pytest.MonkeyPatch) -> None:
    update = Trainer.update

    def update_and_stop(self: Trainer, batches: Iterable[Batch]) -> dict[str, float]:
        losses = update(self, batches)
        signal.raise_signal(signal.SIGINT)
        return losses

    patch.setattr(Trainer, "update", update_and_stop)


def test_a_stop_before_the_first_report_writes_model_and_card_and_the_same_command_continues(
    liked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(learn, "LEARN", replace(SMALL, log_every=50))
    output = tmp_path / "look.onnx"
    with monkeypatch.context() as patch:
        stop_after_a_step(patch)
        learn_look(liked, None, output, steps=2)
    assert output.read_text().startswith("step 1: ")
    assert " | 1 of 2, batch 2" in card_beside(output)
    said = capsys.readouterr().err
    assert "Ctrl-C ends it and, after step 0, keeps what was learned" in said
    assert f"stopped after 1 of 2 steps: {output} is what was learned so far; the same command" in said

    learn_look(liked, None, output, steps=2)
    assert output.read_text().startswith("step 2: ")
    assert " | 2 of 2, batch 2" in card_beside(output)


def test_a_stop_before_the_look_is_learned_writes_no_model_and_the_same_command_continues(
    liked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learn, "LEARN", replace(SMALL, gan=replace(SMALL.gan, warm_up=1)))
    output = tmp_path / "look.onnx"
    with monkeypatch.context() as patch:
        stop_after_a_step(patch)
        with pytest.raises(TrainingError, match="not written: the look is learned after step 1, and this stopped at 1; repeat"):
            learn_look(liked, None, output, steps=2)
    assert not output.exists()
    learn_look(liked, None, output, steps=2)
    assert output.exists()


def test_a_run_is_not_continued_for_another_request(
    look: Path, liked: Path, ordinary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(learn, "run_training")
    run = look.with_name("look-run")
    more = shutil.copytree(liked, tmp_path / "more")
    write_photo(more / "another.png", synthetic_photo(500, 200, 260))
    remedy = f"remove {run} to start again, or choose another output"
    before = contents_of(run)
    for folder, given, sentence in (
        (more, None, f"{more}: holds other photos than when {run} was started; {remedy}"),
        (ordinary, None, f"{ordinary}: holds other photos than when {run} was started; {remedy}"),
        (liked, ordinary, f"{run}: was started without --ordinary; repeat that command, {remedy}"),
    ):
        with pytest.raises(TrainingError) as caught:
            learn_look(folder, given, look, steps=2)
        assert str(caught.value) == sentence
    assert contents_of(run) == before


def test_a_run_with_ordinary_photos_is_not_continued_without_or_with_others(
    look: Path, liked: Path, ordinary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(learn, "run_training")
    run = look.with_name("look-run")
    known = replace(read_look(run), ordinary=str(ordinary), ordinary_fingerprint=fingerprint(ordinary))
    (run / "learning.json").write_text(json.dumps(asdict(known)))
    with pytest.raises(TrainingError, match=rf"was started with --ordinary {re.escape(str(ordinary))}; repeat that command"):
        learn_look(liked, None, look, steps=2)
    fewer = photos_in(tmp_path / "fewer", 2)
    with pytest.raises(TrainingError, match="fewer: holds other photos than when"):
        learn_look(liked, fewer, look, steps=2)


def test_photos_in_a_folder_of_another_name_are_the_same_photos(look: Path, liked: Path, tmp_path: Path) -> None:
    learn_look(shutil.copytree(liked, tmp_path / "renamed"), None, look, steps=2)
    assert look.read_text().startswith("step 2: ")


def test_a_first_try_that_came_to_no_checkpoint_leaves_nothing_to_the_second(
    liked: Path, ordinary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_at_once(*_taken: object, **_settings: object) -> None:
        raise KeyboardInterrupt

    run = tmp_path / "look-run"
    with monkeypatch.context() as patch:
        patch.setattr(learn, "run_training", end_at_once)
        with pytest.raises(KeyboardInterrupt):
            learn_look(liked, ordinary, tmp_path / "look.onnx", steps=1)
    assert len(list((run / "ordinary").glob("x*.png"))) == 4
    (run / "checkpoints").mkdir()
    (run / "log.csv").write_text("left\n")

    learn_look(liked, None, tmp_path / "look.onnx", steps=1)
    assert sorted(path.name for path in (run / "ordinary").iterdir()) == sorted(path.name for path in (run / "liked").iterdir())
    assert load_checkpoint(run).config["data"]["flatten_inputs"]
    assert "the same photos, made ordinary" in card_beside(tmp_path / "look.onnx")
    assert "left" not in (run / "log.csv").read_text()


def test_a_finished_run_says_so_and_is_exported_again(
    look: Path, liked: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(learn, "run_training")
    before = look.read_text(), card_beside(look)
    look.unlink()
    look.with_suffix(".md").unlink()
    learn_look(liked, None, look, steps=1)
    assert (look.read_text(), card_beside(look)) == before
    run = look.with_name("look-run")
    assert f"all of 1 steps are done; remove {run} to start again, or give more --steps" in capsys.readouterr().err


def test_a_run_is_continued_whichever_way_its_folder_is_named(look: Path, liked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(look.parent)
    learn_look(liked, None, Path(look.name), steps=2)
    assert look.read_text().startswith("step 2: ")
    assert load_checkpoint(look.with_name("look-run")).config["data"]["labels"] == [str(Path("look-run") / "liked")]


def test_a_run_whose_beginning_is_unknown_is_not_continued(look: Path, liked: Path) -> None:
    mark = look.with_name("look-run") / "learning.json"
    mark.write_text("{")
    with pytest.raises(
        TrainingError, match=r"learning\.json: damaged, or from an earlier version; remove .*look-run to start again"
    ):
        learn_look(liked, None, look, steps=2)


# Divergence


def diverge_at(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The GAN diverges in this step, counted from 0."""
    update = GAN.update

    def failing(self: GAN, batches: Iterable[Batch], step: int, learning_rate: float) -> dict[str, float]:
        if step == first:
            raise DivergenceError("the loss runs away")
        return update(self, batches, step, learning_rate)

    monkeypatch.setattr(GAN, "update", failing)


def test_what_diverges_later_gives_the_look_of_the_last_checkpoint(
    liked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    diverge_at(1, monkeypatch)
    output = learn_look(liked, None, tmp_path / "look.onnx", steps=3)
    assert output.read_text().startswith("step 1: ")
    assert " | 1 of 3, batch 2" in card_beside(output)
    assert "is the look of step 1; other or more photos may do better" in capsys.readouterr().err


def test_what_diverges_at_once_is_an_error_with_advice(liked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    diverge_at(0, monkeypatch)
    with pytest.raises(TrainingError) as caught:
        learn_look(liked, None, tmp_path / "look.onnx", steps=3)
    run = tmp_path / "look-run"
    assert str(caught.value) == f"{run}: the learning diverged at once; take more photos, or photos that are more alike"
    assert [path.name for path in tmp_path.iterdir()] == ["look-run"]
