"""Learns a person's look from a folder of photos they like: a two-way A-WGAN with individual batch norm, with defaults."""

from __future__ import annotations

import datetime
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from deep_photo_enhancer.enhancement.models import DEFAULT
from deep_photo_enhancer.errors import DataError, DivergenceError, ModelError, TrainingError
from deep_photo_enhancer.system.text import one_line
from deep_photo_enhancer.training.checkpoint import has_checkpoint, load_checkpoint
from deep_photo_enhancer.training.config import GanConfig, OptimiserConfig, TrainConfig, from_dict
from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.data.flattening import FlatteningConfig
from deep_photo_enhancer.training.distributed import Processes, find_device, has_fast_bf16
from deep_photo_enhancer.training.export import export_runs
from deep_photo_enhancer.training.learning.copies import LIKED, ORDINARY, write_copies
from deep_photo_enhancer.training.learning.log import LearningLog
from deep_photo_enhancer.training.learning.look import (
    Look,
    card_of,
    check_card,
    is_run_of_a_look,
    read_look,
    words_of,
    write_card,
    write_look,
)
from deep_photo_enhancer.training.learning.suitability import fingerprint, suitable_photos
from deep_photo_enhancer.training.networks.config import NetworkConfig
from deep_photo_enhancer.training.trainer import run_training

STEPS = 240
"""Of the run: 20 of the critics alone, then of all. Both generators start as the identity: G_Y needs no steps of its own."""

LEARN = TrainConfig(
    method="two_way",
    start_from=DEFAULT,
    start_strength=0,
    network=NetworkConfig(image_size=128, individual_batch_norm=True),
    data=DataConfig(labels=("liked",), fit="crop", crop=0.7),
    optimiser=OptimiserConfig(batch_size=8, learning_rate=4e-4, betas=(0.5, 0.9), average=0.95),
    gan=GanConfig(
        alpha=300,
        penalty_weight=128,
        critic_steps=1,
        critic_learning_rate=3e-4,
        critic="pooled",
        warm_up=20,
    ),
    log_every=10,
    recalibrate=8,
)
"""What `dpe learn` trains with; the folders, the number of steps and the machine are filled in."""

VARIETY = FlatteningConfig(
    unchanged=0.1,
    exposure_mean=0,
    exposure_std=0.25,
    midtones=(0.9, 1.1),
    contrast=(0.85, 1.15),
    saturation=(0.8, 1.2),
    cast=0.04,
    tint=0.015,
    shoulder=False,
)
"""Light as it varies among ordinary photos, about those that are made of liked ones: none of its means moves."""


def learn_look(liked: Path, ordinary: Path | None, output: Path, steps: int = STEPS, device: str = "cpu") -> Path:
    """Train on the photos in `liked` and write an .onnx model, a card (.md) and a run's folder beside it.

    ordinary: photos to be enhanced; without any, the liked ones without what they have in common. If the run's folder holds a
    checkpoint, the run is continued with its own copies of the same photos. DataError when photos do not suffice, TrainingError
    when the training cannot go on or would go on from other photos, ModelError when the model cannot be written.
    """
    run = _run_of(output)
    find_device(device, Processes())
    if has_checkpoint(run):
        look = read_look(run)
        _check_same_photos(look, liked, ordinary, run)
        _say(f"continuing {run} of {look.date}; remove that folder to start again")
    else:
        look = _begin(liked, ordinary, run)
    config = learn_config(look, run, steps, device)
    prepared = min(config.gan.preparing_steps, steps - 1)
    _say(
        f"learning in {steps} steps; open {run / 'progress.html'} to watch; "
        f"Ctrl-C ends it and, after step {prepared}, keeps what was learned"
    )
    diverged = _train(config)
    done = load_checkpoint(run).step
    if done <= prepared:
        raise TrainingError(
            f"{output}: not written: the look is learned after step {prepared}, and this stopped at {done}; repeat the command"
        )
    export_runs([run], output, words_of(look))
    write_card(card_of(look, output, config, done), output.with_suffix(".md"))
    if diverged:
        _say(f"the learning diverged: {output} is the look of step {done}; other or more photos may do better")
    elif done < steps:
        _say(f"stopped after {done} of {steps} steps: {output} is what was learned so far; the same command continues")
    return output


def learn_config(look: Look, run: Path, steps: int, device: str) -> TrainConfig:
    """The settings that a run was started with, else the defaults, with its folders, steps and machine."""
    settings = from_dict(TrainConfig, load_checkpoint(run).config) if has_checkpoint(run) else LEARN
    data = replace(settings.data, labels=(str(run / LIKED),), inputs=(str(run / ORDINARY),))
    if look.ordinary is None:
        data = replace(data, flatten_inputs=True, flattening=VARIETY)
    precision = "bf16" if has_fast_bf16(find_device(device, Processes())) else "fp32"
    return replace(
        settings,
        run=str(run),
        data=data,
        optimiser=replace(settings.optimiser, steps=steps),
        machine=replace(settings.machine, device=device, precision=precision),
    )


def _run_of(output: Path) -> Path:
    """The run's folder beside the model. An error when model, card or run would overwrite what is not theirs."""
    if output.suffix != ".onnx" or output.is_dir():
        raise ModelError(f"{output}: name the model's file, ending in .onnx")
    check_card(output.with_suffix(".md"))
    run = output.with_name(f"{output.stem}-run")
    if run.exists() and not is_run_of_a_look(run):
        raise TrainingError(f"{run}: already exists and was not made by `dpe learn`; move it, or choose another output")
    return run


def _check_same_photos(look: Look, liked: Path, ordinary: Path | None, run: Path) -> None:
    """TrainingError when the command asks for another look than the run's."""
    remedy = f"remove {run} to start again, or choose another output"
    if (ordinary is None) != (look.ordinary is None):
        before = "without --ordinary" if look.ordinary is None else f"with --ordinary {look.ordinary}"
        raise TrainingError(f"{run}: was started {before}; repeat that command, {remedy}")
    for folder, known in ((liked, look.liked_fingerprint), (ordinary, look.ordinary_fingerprint)):
        if folder is not None and fingerprint(folder) != known:
            raise TrainingError(f"{folder}: holds other photos than when {run} was started; {remedy}")


def _begin(liked: Path, ordinary: Path | None, run: Path) -> Look:
    """Look at the photos and copy those that are suitable, small, into the run's folder. DataError when there are too few."""
    folders = {LIKED: liked} if ordinary is None else {LIKED: liked, ORDINARY: ordinary}
    _check_folders(folders, run)
    photos: dict[str, Sequence[Path]] = {}
    for name, folder in folders.items():
        found = suitable_photos(folder)
        for sentence in found.left_out:
            _say(f"left out: {sentence}")
        _say(f"{folder}: learning from {len(found.photos)} photos")
        photos[name] = found.photos
    shutil.rmtree(run, ignore_errors=True)  # what an earlier try left that never came to a checkpoint
    look = Look(
        str(liked),
        len(photos[LIKED]),
        None if ordinary is None else str(ordinary),
        len(photos.get(ORDINARY, ())),
        datetime.date.today().isoformat(),
        fingerprint(liked),
        None if ordinary is None else fingerprint(ordinary),
    )
    try:
        write_look(look, run)
        write_copies(photos, run, round(LEARN.network.image_size / LEARN.data.crop), LEARN.data.validation_share)
    except OSError as error:
        raise TrainingError(f"{run}: cannot write there: {error.strerror}; choose another output") from error
    return look


def _check_folders(folders: Mapping[str, Path], run: Path) -> None:
    resolved = [folder.resolve() for folder in folders.values()]
    if len(set(resolved)) < len(resolved):
        raise DataError(f"{folders[LIKED]}: the liked and the ordinary photos are the same; there is nothing to learn")
    for folder in folders.values():
        if folder.resolve().is_relative_to(run.resolve()):
            raise DataError(f"{folder}: lies in the folder of the run; name the folder of the original photos")


def _train(config: TrainConfig) -> bool:
    """Whether it diverged: then the last checkpoint is the result; TrainingError when there is none."""
    run = Path(config.run)
    checkpoint = load_checkpoint(run) if has_checkpoint(run) else None
    if checkpoint is not None and checkpoint.step >= config.optimiser.steps:
        _say(f"all of {checkpoint.step} steps are done; remove {run} to start again, or give more --steps")
        return False
    try:
        run_training(
            config, checkpoint, partial(LearningLog, preparing=config.gan.preparing_steps, image_size=config.network.image_size)
        )
    except DivergenceError as error:
        if not has_checkpoint(run):
            raise TrainingError(
                f"{run}: the learning diverged at once; take more photos, or photos that are more alike"
            ) from error
        return True
    return False


def _say(text: str) -> None:
    print(one_line(text), file=sys.stderr, flush=True)
