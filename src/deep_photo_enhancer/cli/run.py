"""dpe run"""

from __future__ import annotations

from pathlib import Path

import click

from deep_photo_enhancer.cli.shared import device, one_line_errors, path_type
from deep_photo_enhancer.system.text import one_line, quantity


@click.command()
@click.argument("trained", metavar="RUN", type=path_type())
@click.argument("folder", type=path_type())
@click.option("-o", "--output", required=True, type=path_type(), help="A new folder for the pictures.")
@click.option("--device", default="cpu", show_default=True, callback=device, help="What runs the network.")
@one_line_errors
def run(trained: Path, folder: Path, output: Path, device: str) -> None:
    """Write what the network of a training run makes of the photos in FOLDER, at the size that it was trained on, as PNG.

    RUN is the folder of any run, of every architecture and method, or of a checkpoint. For `dpe study` and to look at; to enhance
    photos at their own size, `dpe export` the run.
    """
    from deep_photo_enhancer.research.evaluation.pictures import write_pictures
    from deep_photo_enhancer.research.evaluation.runs import TrainedRun

    count = write_pictures(TrainedRun(trained, device), folder, output)
    click.echo(f"wrote {quantity(count, 'picture')} to {one_line(output)}")
