"""dpe reproduce"""

from __future__ import annotations

from pathlib import Path

import click

from deep_photo_enhancer.cli.shared import one_line_errors, path_type
from deep_photo_enhancer.system.text import one_line

WHAT = ("table1", "table2", "table3", "table4", "lambdas", "figure3")


@click.command()
@click.argument("what", type=click.Choice(WHAT))
@click.option(
    "--data",
    type=path_type(),
    help="FiveK as `dpe data fivek` prepared it; or a folder with pairs in flat/ and finished/; or any folder of good photos: "
    "their flattened copies are the inputs then. The smoke budget makes its own photos without it.",
)
@click.option(
    "--budget",
    type=click.Choice(["smoke", "small", "medium", "large", "paper"]),
    default="small",
    show_default=True,
    help="smoke: a minute, to see that it runs; small: hours on a CPU, at 64 x 64; medium and large: "
    "minutes a run on a GPU, at 128 x 128 and 256 x 256; paper: the released code's schedule at 512 x 512, days on a GPU.",
)
@click.option(
    "-o", "--output", type=path_type(), default="runs/reproduce", show_default=True, help="Folder of the runs and the reports."
)
@click.option("--seeds", type=click.IntRange(1), help="Runs of each system; without it the budget's own number.")
@click.option("--system", "systems", multiple=True, help="Train this row only; may be repeated. The report has all that is done.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda or cuda:n.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Of a run on the CPU.")
@one_line_errors
def reproduce(
    what: str,
    data: Path | None,
    budget: str,
    output: Path,
    seeds: int | None,
    systems: tuple[str, ...],
    device: str,
    threads: int,
) -> None:
    """Train what a table or figure of the paper needs, and print ours beside the paper's numbers.

    \b
    dpe reproduce table2 --data data/fivek --budget paper --device cuda
    dpe reproduce table1 --data my/photos
    dpe reproduce table4 --budget smoke

    Finished runs are kept, and an interrupted command goes on where it was.
    """
    if what == "figure3" and (data is not None or systems or device != "cpu"):
        raise click.UsageError("figure3 has points and not photos, and takes a CPU: leave out --data, --system and --device.")
    from deep_photo_enhancer.cli.targets import check_folder
    from deep_photo_enhancer.research.reproduce.budgets import BUDGETS, ReproduceOptions
    from deep_photo_enhancer.research.reproduce.reproduction import reproduce as run_reproduction

    check_folder(output, {}, [data] if data else [])
    options = ReproduceOptions(BUDGETS[budget], output, data, seeds, systems, device, threads)
    click.echo(run_reproduction(what, options))
    click.echo(f"wrote {one_line(options.folder / what)}")
