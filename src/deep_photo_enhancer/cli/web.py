"""dpe web"""

from __future__ import annotations

import math
from pathlib import Path

import click

from deep_photo_enhancer.cli.shared import one_line_errors, path_type
from deep_photo_enhancer.system.text import one_line


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 lets in the whole network.")
@click.option("--port", default=8010, show_default=True, type=click.IntRange(0, 65535), help="0 for any that is free.")
@click.option("-o", "--output", type=path_type(file_okay=False), help="Folder that the page may save into.")
@click.option("--model", "models", multiple=True, type=path_type(), help=".onnx file to offer beside the bundled models; repeat.")
@click.option("--jobs", type=click.IntRange(1), help="Photos at the same time; without it one a core.")
@click.option(
    "--max-megapixels", type=click.FloatRange(min=1), default=100.0, show_default=True, help="Larger photos are refused."
)
@click.option("--allow-host", "names", multiple=True, metavar="NAME", help="Name that a proxy calls this server by; repeat.")
@click.option("--browser/--no-browser", default=True, help="Open the page, where there is a browser on this computer.")
@one_line_errors
def web(
    host: str,
    port: int,
    output: Path | None,
    models: tuple[Path, ...],
    jobs: int | None,
    max_megapixels: float,
    names: tuple[str, ...],
    browser: bool,
) -> None:
    """Enhance photos on a page in the browser, or by an HTTP API, until Ctrl-C.

    Photos stay until they are removed, the page has been away for an hour, or the server ends. Whoever asks from another
    computer needs the code that is printed; programs send the token, which is DPE_WEB_TOKEN's value where that is set, as
    `Authorization: Bearer TOKEN`.
    """
    from deep_photo_enhancer.system.signals import stop_signals
    from deep_photo_enhancer.web.private import PrivateFolder
    from deep_photo_enhancer.web.run import Options, run_server

    pixels = math.floor(max_megapixels * 1e6)
    options = Options(host, port, output, models, jobs, pixels, tuple(name.lower() for name in names), browser)
    with PrivateFolder() as folder, stop_signals(None) as stop:
        run_server(options, folder, stop, lambda line: click.echo(one_line(line) if "\n" not in line else line))
