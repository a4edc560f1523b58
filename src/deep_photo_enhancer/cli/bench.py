"""dpe bench"""

from __future__ import annotations

from pathlib import Path

import click

from deep_photo_enhancer.cli.shared import complete_model, device, model_file, one_line_errors, path_type, write


@click.command()
@click.argument("photos", nargs=-1, type=path_type())
@click.option(
    "--model",
    default="natural",
    show_default=True,
    shell_complete=complete_model,
    help="Model's name, .onnx file or run's folder.",
)
@click.option("--device", default="cpu", show_default=True, callback=device, help="What runs the network.")
@click.option("--runs", default=7, show_default=True, type=click.IntRange(1), help="Of each measurement; medians are reported.")
@click.option("--json", "json_file", type=path_type(), help="Also write the figures here; - for standard output.")
@one_line_errors
def bench(photos: tuple[Path, ...], model: str, device: str, runs: int, json_file: Path | None) -> None:
    """Measure how fast this machine enhances PHOTOS, or a made up one of 24 megapixels, against decoding and encoding alone."""
    from deep_photo_enhancer.cli.targets import FIGURES, STREAM, check_file
    from deep_photo_enhancer.enhancement.bench import run_bench
    from deep_photo_enhancer.system.files import is_standard_output
    from deep_photo_enhancer.system.memory import share_freed_memory

    if json_file is not None:
        check_file(json_file, FIGURES, [*photos, Path(model)])
    share_freed_memory()
    report, figures = run_bench(photos, model_file(model), device, runs)
    click.echo(report, err=json_file is not None and (json_file == STREAM or is_standard_output(json_file)))
    if json_file == STREAM:
        click.echo(figures, nl=False)
    elif json_file is not None:
        write(json_file, figures)
