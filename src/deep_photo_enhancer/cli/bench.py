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
@click.option("--markdown", "as_markdown", is_flag=True, help="Print a table in Markdown, for documents.")
@click.option("--json", "json_file", type=path_type(), help="Also write the figures here; - for standard output.")
@one_line_errors
def bench(photos: tuple[Path, ...], model: str, device: str, runs: int, as_markdown: bool, json_file: Path | None) -> None:
    """Measure how fast this machine enhances PHOTOS, or a made up one of 24 megapixels, against decoding and encoding alone."""
    import json

    from deep_photo_enhancer.cli.targets import FIGURES, STREAM, check_file
    from deep_photo_enhancer.enhancement.bench import count_measurements, markdown, report, run_bench
    from deep_photo_enhancer.system.files import is_standard_output
    from deep_photo_enhancer.system.memory import share_freed_memory
    from deep_photo_enhancer.system.progress import progress_bar

    if json_file is not None:
        check_file(json_file, FIGURES, [*photos, Path(model)])
    share_freed_memory()
    with progress_bar(count_measurements(len(photos), runs)) as advance:
        figures = run_bench(photos, model_file(model), device, runs, advance)
    text = markdown(figures) if as_markdown else report(figures)
    click.echo(text, err=json_file is not None and (json_file == STREAM or is_standard_output(json_file)))
    content = json.dumps(figures, indent=2) + "\n"
    if json_file == STREAM:
        click.echo(content, nl=False)
    elif json_file is not None:
        write(json_file, content)
