"""Learns a person's look from a folder of photos they like: a two-way A-WGAN with individual batch norm, with defaults."""

from __future__ import annotations

import csv
import datetime
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deep_photo_enhancer.data.config import DataConfig
from deep_photo_enhancer.data.files import PhotoCache
from deep_photo_enhancer.data.flattening import FlatteningConfig
from deep_photo_enhancer.data.suitability import Suitable, suitable_photos
from deep_photo_enhancer.errors import ModelError, TrainingError
from deep_photo_enhancer.export import export_runs
from deep_photo_enhancer.models import DEFAULT
from deep_photo_enhancer.networks.global_unet import GlobalUNetConfig
from deep_photo_enhancer.training.checkpoint import load_checkpoint
from deep_photo_enhancer.training.config import GanConfig, MachineConfig, OptimiserConfig, TrainConfig
from deep_photo_enhancer.training.log import write_picture
from deep_photo_enhancer.training.trainer import train
from deep_photo_enhancer.version import __version__

STEPS = 400
"""Updates of the generators: about 40 minutes on two CPU cores."""

LEARN = TrainConfig(
    method="two_way",
    start_from=DEFAULT,
    network=GlobalUNetConfig(image_size=128, individual_batch_norm=True),
    data=DataConfig(labels=("liked",), fit="crop", crop=0.7, flattening=FlatteningConfig()),
    optimiser=OptimiserConfig(batch_size=8, learning_rate=4e-4, betas=(0.5, 0.9), average=0.95),
    gan=GanConfig(
        alpha=300, penalty_weight=128, critic_steps=1, critic_learning_rate=3e-4, critic_instance_norm=False, warm_up=30
    ),
    log_every=50,
    recalibrate=12,
)
"""What `dpe learn` trains with; the folders, the number of steps and the machine are filled in."""


def learn_look(liked: Path, ordinary: Path | None, output: Path, steps: int = STEPS, device: str = "cpu") -> Path:
    """Train on the photos in `liked` and write an .onnx model, a card (.md) and a run's folder beside it.

    ordinary: photos to be enhanced; without any, flattened copies of the liked ones. If the run's folder is there already, the
    run is continued. DataError when photos do not suffice, TrainingError when the training cannot go on, ModelError when the
    model cannot be written.
    """
    if output.suffix != ".onnx":
        raise ModelError(f"{output}: a model's file ends in .onnx; name it {output.with_suffix('.onnx').name}")
    run = output.with_name(f"{output.stem}-run")
    if (run / "checkpoints").exists():
        _say(f"continuing {run} with the photos it was begun with; remove that folder to begin anew")
    else:
        folders = {"liked": liked} if ordinary is None else {"liked": liked, "ordinary": ordinary}
        suitable = {name: suitable_photos(folder) for name, folder in folders.items()}
        for name, found in suitable.items():
            _tell(folders[name], found)
            _copy_photos(found.photos, run / name, "y" if name == "liked" else "x")
    config = learn_config(run, steps, device)
    _say(f"learning in {steps} steps; {run / 'progress.png'} grows with every report; Ctrl-C ends it and keeps what was learned")
    train(config, resume=(run / "checkpoints").exists(), told=("step", "look_distance"))
    done = load_checkpoint(run).step
    date = datetime.date.today().isoformat()
    export_runs([run], output, f"a look learned from {_count(run / 'liked')} photos in {liked.resolve().name}, {date}")
    output.with_suffix(".md").write_text(_card(liked, ordinary, output, config, done, date), encoding="utf-8")
    if done < steps:
        _say(f"stopped after {done} of {steps} steps: {output} is what was learned so far; the same command continues")
    return output


def learn_config(run: Path, steps: int, device: str) -> TrainConfig:
    """The defaults with this run's folders, steps and device."""
    has_ordinary = (run / "ordinary").exists()
    inputs = (str(run / "ordinary"),) if has_ordinary else ()
    return replace(
        LEARN,
        run=str(run),
        data=replace(LEARN.data, labels=(str(run / "liked"),), inputs=inputs),
        optimiser=replace(LEARN.optimiser, steps=steps),
        machine=MachineConfig(device=device),
    )


def _tell(folder: Path, found: Suitable) -> None:
    for sentence in found.left_out:
        _say(f"left out: {sentence}")
    _say(f"{folder}: learning from {len(found.photos)} photos")


def _copy_photos(photos: Sequence[Path], place: Path, domain: str) -> None:
    """Small copies: the run needs the folder no longer. Names begin with the domain, so that no x passes for a y's partner."""
    side = round(LEARN.network.image_size / LEARN.data.crop)
    copies = PhotoCache(side, min).load_all(photos)
    shutil.rmtree(place, ignore_errors=True)
    try:
        place.mkdir(parents=True)
        for i, copy in enumerate(copies):
            write_picture(copy, place / f"{domain}{i:04d}.png")
    except OSError as error:
        raise TrainingError(f"{place}: cannot write there: {error.strerror}; choose another output") from error


def _card(liked: Path, ordinary: Path | None, output: Path, config: TrainConfig, done: int, date: str) -> str:
    first, last = _first_and_last_line(Path(config.run) / "log.csv")
    x = (
        f"{_count(Path(config.run) / 'ordinary')} photos in `{ordinary}`"
        if ordinary is not None
        else "flattened copies of the same photos"
    )
    distances = ", ".join(f"{line['look_distance']} at step {line['step']}" for line in (first, last))
    gan, optimiser = config.gan, config.optimiser
    return f"""# {output.stem}

A look learned by Deep Photo Enhancer {__version__} on {date}.

| | |
|---|---|
| photos that are liked (Y) | {_count(Path(config.run) / "liked")} in `{liked}` |
| ordinary photos (X) | {x} |
| start | the bundled model `{config.start_from}` |
| method | two-way GAN, {gan.objective}, individual batch norm, S = {config.network.image_size} |
| steps | {done} of {optimiser.steps}, {gan.critic_steps} updates of the critics each, batch {optimiser.batch_size} |
| learning rates | generators {optimiser.learning_rate:g}, critics {gan.critic_learning_rate:g} |
| alpha, first lambda | {gan.alpha:g}, {gan.penalty_weight:g} |
| distance of the look from photos kept aside | {distances} |

    dpe enhance holiday/ -o better/ --model {output.name}
"""


def _first_and_last_line(log: Path) -> tuple[dict[str, str], dict[str, str]]:
    with log.open(newline="", encoding="utf-8") as file:
        lines: Sequence[dict[str, str]] = list(csv.DictReader(file))
    return lines[0], lines[-1]


def _count(folder: Path) -> int:
    return len(list(folder.glob("*.png")))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
