"""dpe export"""

from __future__ import annotations

from pathlib import Path

import click

from deep_photo_enhancer.cli.shared import one_line_errors, path_type
from deep_photo_enhancer.system.text import one_line


@click.command()
@click.argument("runs", nargs=-1, required=True, type=path_type())
@click.option("-o", "--output", required=True, type=path_type(), help="The .onnx file to write.")
@click.option("--description", default="your own model", help="One sentence kept in the file.")
@one_line_errors
def export(runs: tuple[Path, ...], output: Path, description: str) -> None:
    """Write a trained run, or the mean of several from one start, as an ONNX model that `dpe enhance --model` takes."""
    from deep_photo_enhancer.cli.targets import MODEL, check_file
    from deep_photo_enhancer.training.export import export_runs

    check_file(output, MODEL, runs)
    click.echo(f"wrote {one_line(export_runs(runs, output, description))}")
