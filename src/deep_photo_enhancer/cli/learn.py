"""dpe learn"""

from __future__ import annotations

from pathlib import Path

import click

from deep_photo_enhancer.cli.shared import one_line_errors, path_type
from deep_photo_enhancer.system.text import one_line


@click.command()
@click.argument("liked", type=path_type())
@click.option("--ordinary", type=path_type(), help="Photos to be enhanced; else flattened copies of the liked ones.")
@click.option("-o", "--output", required=True, type=path_type(), help="The .onnx file to write.")
@click.option("--steps", type=click.IntRange(1), help="Length of the training; without it 300, about half an hour on a CPU.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda or cuda:n.")
@one_line_errors
def learn(liked: Path, ordinary: Path | None, output: Path, steps: int | None, device: str) -> None:
    """Learn the look of 30 to 500 photos that you like, in the folder LIKED; no before/after pairs are needed."""
    from deep_photo_enhancer.cli.targets import MODEL, check_file
    from deep_photo_enhancer.training.learning.learn import STEPS, learn_look

    check_file(output, MODEL)
    click.echo(f"wrote {one_line(learn_look(liked, ordinary, output, steps or STEPS, device))}")
