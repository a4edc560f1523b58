"""dpe data"""

from __future__ import annotations

from pathlib import Path

import click

from deep_photo_enhancer.cli.shared import one_line_errors, path_type, write
from deep_photo_enhancer.system.text import one_line


@click.group()
def data() -> None:
    """Prepare data sets for training and evaluation."""


@data.command()
@click.argument("root", type=path_type())
@click.option("-o", "--output", required=True, type=path_type(), help="Folder to make; it appears when it is complete.")
@click.option("--inputs", type=path_type(), help="Folder of the inputs; else looked for in ROOT.")
@click.option("--labels", type=path_type(), help="Folder of a retoucher's photos; else C's, looked for in ROOT.")
@click.option(
    "--splits", type=path_type(), help="Folder with train_input.txt, train_label.txt and test.txt; else split by number."
)
@click.option(
    "--size", type=click.IntRange(16), default=512, show_default=True, help="Long side of the prepared photos, in pixels."
)
@one_line_errors
def fivek(root: Path, output: Path, inputs: Path | None, labels: Path | None, splits: Path | None, size: int) -> None:
    """Prepare the MIT-Adobe FiveK data in the folder ROOT: Lightroom's exports, or raw files and a retoucher's TIFFs.

    All photos are checked. If one is missing or damaged, everything wrong is listed and nothing is made; what was resized by then
    is taken over by the next run.
    """
    from deep_photo_enhancer.cli.targets import Kind, check_file
    from deep_photo_enhancer.research.fivek.layout import FiveKSettings
    from deep_photo_enhancer.research.fivek.prepare import prepare
    from deep_photo_enhancer.research.fivek.problems import LIST_START, BadDataError, full_list, is_long, summarise

    settings = FiveKSettings(root, output, inputs, labels, splits, size)
    try:
        prepared = prepare(settings, lambda line: click.echo(one_line(line), err=True))
    except BadDataError as error:
        for line in summarise(error.problems):
            click.echo(f"  {one_line(line)}", err=True)
        more = ""
        if is_long(error.problems):
            check_file(settings.problem_list, Kind("a list of problems", LIST_START))
            write(settings.problem_list, full_list(error.problems))
            more = f"; all names are in {one_line(settings.problem_list)}"
        problems = f"{len(error.problems)} problems with the photos; {one_line(output)} was not made{more}"
        raise click.ClickException(problems) from error
    counts = (
        f"{len(prepared.train)} training pairs, {len(prepared.unpaired_labels)} unpaired labels, {len(prepared.test)} test pairs"
    )
    click.echo(f"{one_line(output)}: {counts}")
