"""dpe evaluate"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from deep_photo_enhancer.cli.shared import device, one_line_errors, path_type
from deep_photo_enhancer.system.text import one_line


@click.command()
@click.argument("systems", nargs=-1, required=True)
@click.option("--data", "prepared", type=path_type(), help="Folder that `dpe data fivek` prepared: its test photos.")
@click.option(
    "--inputs", type=path_type(), help="Folder of photos to enhance; their labels are in --labels, under the same names."
)
@click.option("--labels", type=path_type(), help="Folder of what the photos of --inputs should become.")
@click.option("--size", type=click.IntRange(16), help="Scale photos down to this long side; without it they stay as they are.")
@click.option("-o", "--output", type=path_type(), help="Folder for results.csv, results.json, table.md and report.html.")
@click.option("--device", default="cpu", show_default=True, callback=device, help="What runs the networks.")
@one_line_errors
def evaluate(
    systems: tuple[str, ...],
    prepared: Path | None,
    inputs: Path | None,
    labels: Path | None,
    size: int | None,
    output: Path | None,
    device: str,
) -> None:
    """Measure how close SYSTEMS come to labels: PSNR, SSIM and CIEDE2000, with intervals, against the first system.

    A system is a bundled model's name, a method's (input leaves photos as they are), an .onnx file, the folder of a training run
    or of a checkpoint, or a folder of pictures that another tool made of the inputs.
    """
    from deep_photo_enhancer.cli.targets import EVALUATION, check_folder
    from deep_photo_enhancer.research.evaluation.evaluate import check, evaluate_systems
    from deep_photo_enhancer.research.evaluation.pairs import pairs_in, prepared_pairs
    from deep_photo_enhancer.research.evaluation.report import write_report
    from deep_photo_enhancer.research.evaluation.systems import find_systems
    from deep_photo_enhancer.research.evaluation.tables import text

    if prepared and not inputs and not labels:
        find_pairs = partial(prepared_pairs, prepared, size)
    elif inputs and labels and not prepared:
        find_pairs = partial(pairs_in, inputs, labels, size)
    else:
        raise click.UsageError("Give either --data, or both --inputs and --labels.")
    if output is not None:
        check_folder(output, EVALUATION, [*(path for path in (prepared, inputs, labels) if path), *map(Path, systems)])
    found = find_systems(systems, size, device)
    pairs = find_pairs()
    check(pairs, found.values())
    evaluation = evaluate_systems(found, pairs, output)
    if output is not None:
        write_report(evaluation, output)
    click.echo(text(evaluation))
    if output is not None:
        click.echo(f"wrote {one_line(output)}")
