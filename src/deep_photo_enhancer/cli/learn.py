"""dpe learn"""

from __future__ import annotations

from pathlib import Path

import click

from deep_photo_enhancer.cli.shared import CommandLineError, one_line_errors, path_type
from deep_photo_enhancer.system.text import one_line


@click.command()
@click.argument("liked", type=path_type())
@click.option("--ordinary", type=path_type(), help="Photos to be enhanced; else the liked ones, made ordinary.")
@click.option("-o", "--output", type=path_type(), help="The .onnx file to write.")
@click.option("--name", help="Keep the look under this name among your own models, for --model NAME; instead of -o.")
@click.option("--steps", type=click.IntRange(1), help="Length of the training; without it 240, 6 to 15 minutes on a CPU.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda or cuda:n.")
@one_line_errors
def learn(liked: Path, ordinary: Path | None, output: Path | None, name: str | None, steps: int | None, device: str) -> None:
    """Learn the look of 30 to 500 photos that you like, in the folder LIKED; no before/after pairs are needed."""
    from deep_photo_enhancer.cli.targets import MODEL, check_file
    from deep_photo_enhancer.enhancement.models import name_own_model
    from deep_photo_enhancer.training.learning.learn import STEPS, learn_look

    if (output is None) == (name is None):
        raise CommandLineError("name the model's file with -o, or keep it among your own models with --name; one of the two")
    target = output or name_own_model(name or "")
    check_file(target, MODEL)
    learn_look(liked, ordinary, target, steps or STEPS, device)
    click.echo(one_line(f"wrote {target}; to use it: dpe enhance PHOTOS --model {name or target}"))
