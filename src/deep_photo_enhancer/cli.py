"""The command `dpe`. The training wing is imported by the commands that need it."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import click

from deep_photo_enhancer.errors import DPEError
from deep_photo_enhancer.version import __version__
from deep_photo_enhancer.whole_file import whole_file

Parameters = ParamSpec("Parameters")


def _one_line_errors(command: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Expected errors end the command with one message and exit status 1."""

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except DPEError as error:
            raise click.ClickException(str(error)) from error
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("deep_photo_enhancer"):
                raise
            message = f"this command needs the training extra ({error.name}): pip install 'deep-photo-enhancer[train]'"
            raise click.ClickException(message) from error

    return run


def _number(_context: click.Context, _option: click.Parameter, value: float) -> float:
    if math.isnan(value):  # passes every check of a range
        raise click.BadParameter("nan is not a number.")
    return value


def _device(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", value):
        raise click.BadParameter(f"{value}: not known; use auto, cpu, cuda, or cuda:1 for the second one.")
    return value


def _write(path: Path, text: str) -> None:
    try:
        with whole_file(path) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DPEError(f"{path}: cannot write there: {error.strerror}; choose another file") from error


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dpe")
def main() -> None:
    """Make ordinary photos look like the photos you love.

    \b
    dpe enhance holiday/ -o better/                    enhance a folder of photos
    dpe enhance portrait.jpg -o soft.jpg --strength 0.6
    dpe learn liked/ -o mylook.onnx                    learn the look of photos you like
    """


@main.command()
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Output folder, or file for a single photo.")
@click.option(
    "--strength",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 2),
    callback=_number,
    help="0: unchanged, 2: exaggerated.",
)
@click.option("--model", default="natural", show_default=True, help="Bundled model's name or .onnx file.")
@click.option(
    "--device", default="cpu", show_default=True, callback=_device, help="What runs the network: auto, cpu, cuda or cuda:n."
)
@click.option(
    "--method",
    default="fast",
    show_default=True,
    type=click.Choice(["fast", "native"]),
    help="fast: the network's change of a small copy at full size; native: the network at full size, a minute for 24 megapixels.",
)
@click.option("--jobs", type=click.IntRange(1), help="Photos at the same time; without it one a core, which takes most memory.")
@click.option("--compare", is_flag=True, help="Also write NAME-compare.jpg: input and output side by side.")
@_one_line_errors
def enhance(
    photos: tuple[Path, ...],
    output: Path,
    strength: float,
    model: str,
    device: str,
    method: str,
    jobs: int | None,
    compare: bool,
) -> None:
    """Enhance JPEG, PNG, TIFF and WebP files and folders of them; inputs are never touched."""
    from tqdm import tqdm

    from deep_photo_enhancer.batch import plan_jobs, run_jobs
    from deep_photo_enhancer.enhancer import Enhancer
    from deep_photo_enhancer.memory import share_freed_memory

    share_freed_memory()
    planned = plan_jobs(photos, output, compare)
    cores = os.cpu_count() or 1
    at_once = min(jobs or cores, len(planned))
    enhancer = Enhancer(model, device, max(1, cores // at_once), method)
    if device == "auto":
        click.echo(f"using {enhancer.model.device}", err=True)
    failed = 0
    outcomes = run_jobs(planned, enhancer, strength, at_once)
    for outcome in tqdm(outcomes, total=len(planned), unit="photo", disable=not sys.stderr.isatty()):
        for warning in outcome.warnings:
            tqdm.write(f"Warning: {outcome.job.source}: {warning}", file=sys.stderr)
        if outcome.error is not None:
            failed += 1
            tqdm.write(f"Error: {outcome.error}", file=sys.stderr)
    ending = f", {failed} failed" if failed else f" into {click.format_filename(output)}"
    click.echo(f"{len(planned) - failed} of {len(planned)} photos enhanced{ending}")
    if failed:
        raise SystemExit(1)


@main.command()
@_one_line_errors
def models() -> None:
    """List the bundled models; the first is the default."""
    from deep_photo_enhancer.models import bundled_models, load_model

    for name in bundled_models():
        model = load_model(name)
        click.echo(f"{name}: {model.description} (S = {model.image_size})")


@main.command()
@click.argument("photos", nargs=-1, type=click.Path(path_type=Path))
@click.option("--model", default="natural", show_default=True, help="Bundled model's name or .onnx file.")
@click.option("--device", default="cpu", show_default=True, callback=_device, help="What runs the network.")
@click.option("--runs", default=7, show_default=True, type=click.IntRange(1), help="Of each measurement; medians are told.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Also write the figures here.")
@_one_line_errors
def bench(photos: tuple[Path, ...], model: str, device: str, runs: int, json_file: Path | None) -> None:
    """Measure how fast this machine enhances PHOTOS, or a made up one of 24 megapixels, against decoding and encoding alone."""
    from deep_photo_enhancer.bench import run_bench
    from deep_photo_enhancer.memory import share_freed_memory

    share_freed_memory()
    report, figures = run_bench(photos, model, device, runs)
    click.echo(report)
    if json_file is not None:
        _write(json_file, figures)


@main.command()
@click.argument("liked", type=click.Path(path_type=Path))
@click.option(
    "--ordinary", type=click.Path(path_type=Path), help="Photos to be enhanced; else flattened copies of the liked ones."
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The .onnx file to write.")
@click.option("--steps", type=click.IntRange(1), help="Length of the training; without it 300, about half an hour on a CPU.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda or cuda:n.")
@_one_line_errors
def learn(liked: Path, ordinary: Path | None, output: Path, steps: int | None, device: str) -> None:
    """Learn the look of 30 to 500 photos that you like, in the folder LIKED; no before/after pairs are needed."""
    from deep_photo_enhancer.training.learn import STEPS, learn_look

    click.echo(f"wrote {learn_look(liked, ordinary, output, steps or STEPS, device)}")


@main.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a setting of the recipe; may be repeated.")
@click.option("--resume", is_flag=True, help="Continue the run from its newest checkpoint.")
@_one_line_errors
def train(recipe: Path, settings: tuple[str, ...], resume: bool) -> None:
    """Train a network as a YAML recipe says."""
    from deep_photo_enhancer.training.config import load_config
    from deep_photo_enhancer.training.trainer import train as run_training

    run_training(load_config(recipe, settings), resume=resume)


@main.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The .onnx file to write.")
@click.option("--description", default="a model of one's own", help="One sentence kept in the file.")
@_one_line_errors
def export(runs: tuple[Path, ...], output: Path, description: str) -> None:
    """Write a trained run, or the mean of several from one start, as an ONNX model that `dpe enhance --model` takes."""
    from deep_photo_enhancer.export import export_runs

    click.echo(f"wrote {export_runs(runs, output, description)}")
