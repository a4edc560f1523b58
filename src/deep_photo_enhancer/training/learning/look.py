"""What a learned look was made of: kept in the run's folder, and shown in the card beside the model."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from deep_photo_enhancer.errors import ModelError, TrainingError
from deep_photo_enhancer.system.text import table
from deep_photo_enhancer.training.config import TrainConfig
from deep_photo_enhancer.training.learning.suitability import RUN_MARK
from deep_photo_enhancer.version import __version__

FIRST_WORDS = "A look learned by Deep Photo Enhancer"


@dataclass(frozen=True)
class Look:
    """What a run of `dpe learn` was started with."""

    liked: str
    """The folder as it was given."""
    liked_count: int
    ordinary: str | None
    ordinary_count: int
    date: str
    """Of the beginning, as 2026-01-31."""


def is_run_of_a_look(run: Path) -> bool:
    return (run / RUN_MARK).is_file()


def write_look(look: Look, run: Path) -> None:
    """Begin a run's folder. OSError when that cannot be."""
    run.mkdir(parents=True)
    try:
        (run / RUN_MARK).write_text(json.dumps(asdict(look), indent=1), encoding="utf-8")
    except OSError:
        shutil.rmtree(run, ignore_errors=True)
        raise


def read_look(run: Path) -> Look:
    """What a run was started with. TrainingError when it does not say."""
    try:
        return Look(**json.loads((run / RUN_MARK).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(f"{run / RUN_MARK}: damaged; remove {run} to start again") from error


def check_card(card: Path) -> None:
    """ModelError when there is a file of that name that is no card."""
    if card.exists() and not _is_card(card):
        raise ModelError(f"{card}: already exists and is no model's card; move it, or choose another output")


def _is_card(path: Path) -> bool:
    try:
        return FIRST_WORDS in path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def write_card(text: str, card: Path) -> None:
    """ModelError when it cannot be written."""
    try:
        card.write_text(text, encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise ModelError(f"{card}: cannot write there: {error.strerror}; make room and repeat the command") from error


def card_of(look: Look, output: Path, config: TrainConfig, done: int) -> str:
    """The card's text, Markdown."""
    gan, optimiser, data = config.gan, config.optimiser, config.data
    x = f"{look.ordinary_count} in {look.ordinary}" if look.ordinary else "flattened copies of the same photos"
    rows = {
        "photos that are liked (Y)": f"{look.liked_count} in {look.liked}",
        "ordinary photos (X)": x,
        "start": f"the bundled model {config.start_from}",
        "method": f"two-way GAN, {gan.objective}, individual batch norm, S = {config.network.image_size}, seed {config.seed}",
        "steps": f"{done} of {max(done, optimiser.steps)}, batch {optimiser.batch_size}, crops of {data.crop:.0%} to 100%",
        "first steps": f"{gan.inverse_steps} of G_Y alone, {gan.warm_up} of the critics alone",
        "critics": f"{gan.critic}, {gan.critic_steps} updates a step",
        "learning rates": f"generators {optimiser.learning_rate:g}, critics {gan.critic_learning_rate:g}",
        "alpha, first lambda, averaging": f"{gan.alpha:g}, {gan.penalty_weight:g}, {optimiser.average:g}",
        **_distances(Path(config.run) / "log.csv"),
    }
    details = table(["", ""], rows.items())
    use = f"    dpe enhance holiday/ -o better/ --model {output.name}"
    return f"# {output.stem}\n\n{FIRST_WORDS} {__version__}, started on {look.date}.\n\n{details}\n\n{use}\n"


def _distances(log: Path) -> dict[str, str]:
    """How far the results were from liked photos kept aside, first and last; nothing before the first report."""
    if not log.is_file():
        return {}
    with log.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    distances = ", ".join(f"{line['look_distance']} at step {line['step']}" for line in lines[:: max(1, len(lines) - 1)])
    return {"distance of the look from a few liked photos kept aside": distances} if lines else {}
