"""What a learned look was made of: kept in the run's folder, and shown in the card beside the model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from deep_photo_enhancer.enhancement.models import DEFAULT
from deep_photo_enhancer.errors import ModelError, TrainingError
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.system.text import table
from deep_photo_enhancer.training.config import TrainConfig
from deep_photo_enhancer.training.export import Words
from deep_photo_enhancer.training.learning.log import describe_distance, read_reports
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
    liked_fingerprint: str
    ordinary_fingerprint: str | None
    """Of the folders' photos, see `suitability.fingerprint`."""


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
        raise TrainingError(f"{run / RUN_MARK}: damaged, or from an earlier version; remove {run} to start again") from error


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
        with atomic_write(card) as unfinished:
            unfinished.write_text(text, encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise ModelError(f"{card}: cannot write there: {error.strerror}; make room and repeat the command") from error


def words_of(look: Look) -> Words:
    """For the model's file: folders by their last names, as it may be given away."""
    liked, ordinary = (Path(folder).name or "a folder" for folder in (look.liked, look.ordinary or ""))
    against = f"{look.ordinary_count} photos in {ordinary}" if look.ordinary else "the statistics of ordinary photos"
    return Words(
        description=f"a look learned from {look.liked_count} photos in {liked}, {look.date}",
        data=f"{look.liked_count} photos in {liked}, against {against}; started with the features of {DEFAULT}",
        licence="not said: your own, as far as the photos' licences let you",
    )


def card_of(look: Look, output: Path, config: TrainConfig, done: int) -> str:
    """The card's text, Markdown."""
    gan, optimiser, data = config.gan, config.optimiser, config.data
    x = f"{look.ordinary_count} in {look.ordinary}" if look.ordinary else "the same photos, made ordinary"
    rows = {
        "photos that are liked (Y)": f"{look.liked_count} in {look.liked}",
        "ordinary photos (X)": x,
        "start": f"the bundled model {config.start_from}, {config.start_strength:.0%} of its changes",
        "method": f"two-way GAN, {gan.objective}, individual batch norm, S = {config.network.image_size}, seed {config.seed}",
        "steps": f"{done} of {max(done, optimiser.steps)}, batch {optimiser.batch_size}, crops of {data.crop:.0%} to 100%",
        "first steps": f"{gan.inverse_steps} of G_Y alone, {gan.warm_up} of the critics alone",
        "critics": f"{gan.critic}, {gan.critic_steps} updates a step",
        "learning rates": f"generators {optimiser.learning_rate:g}, critics {gan.critic_learning_rate:g}",
        "alpha, first lambda, averaging": f"{gan.alpha:g}, {gan.penalty_weight:g}, {optimiser.average:g}",
        **_figures(read_reports(Path(config.run) / "log.csv")),
    }
    details = table(["", ""], rows.items())
    use = f"    dpe enhance holiday/ -o better/ --model {output.name}"
    return f"# {output.stem}\n\n{FIRST_WORDS} {__version__}, started on {look.date}.\n\n{details}\n\n{use}\n"


def _figures(reports: Sequence[Mapping[str, float]]) -> dict[str, str]:
    """How near the look came and how much of the photos stayed; nothing before the first report."""
    if not reports:
        return {}
    return {
        "look distance to a few liked photos kept aside": describe_distance(reports),
        "similarity of the results to the photos before (SSIM)": f"{reports[-1]['ssim_to_x']:.3f}; 1 is unchanged",
    }
