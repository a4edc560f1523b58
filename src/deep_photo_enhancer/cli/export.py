"""dpe export"""

from __future__ import annotations

from pathlib import Path

import click

from deep_photo_enhancer.cli.shared import one_line_errors, path_type
from deep_photo_enhancer.system.text import one_line


@click.command()
@click.argument("runs", nargs=-1, required=True, type=path_type())
@click.option("-o", "--output", required=True, type=path_type(), help="The .onnx file to write.")
@click.option("--description", help="One sentence on what the model does, kept in the file.")
@click.option("--data", help="What it learned from, for the card in the file; without it, the folders' names.")
@click.option("--licence", help="Under which it may be used, for the card in the file.")
@one_line_errors
def export(runs: tuple[Path, ...], output: Path, description: str | None, data: str | None, licence: str | None) -> None:
    """Write a trained run, or the mean of several from one start, as an ONNX model that `dpe enhance --model` takes.

    Models may follow the run: `dpe export RUN natural` goes half as far from `natural`, where the run started there.

    A model's file in the place of a run is written again with what --description, --data and --licence say; its weights stay.
    """
    from deep_photo_enhancer.cli.targets import MODEL, check_file
    from deep_photo_enhancer.training.export import Words, export_runs, rewrite_words

    check_file(output, MODEL, runs)
    words = Words(description, data, licence)
    if len(runs) == 1 and runs[0].suffix == ".onnx":
        written = rewrite_words(runs[0], output, words)
    else:
        written = export_runs(runs, output, words)
    click.echo(f"wrote {one_line(written)}")
