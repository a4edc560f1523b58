"""dpe models"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deep_photo_enhancer.cli.shared import complete_model, one_line_errors
from deep_photo_enhancer.system.text import one_line

if TYPE_CHECKING:
    from deep_photo_enhancer.enhancement.models import Model


@click.command()
@click.argument("names", metavar="[MODEL]...", nargs=-1, shell_complete=complete_model)
@click.option("-v", "--verbose", is_flag=True, help="Also date, data and licence of each, as its file has them.")
@one_line_errors
def models(names: tuple[str, ...], verbose: bool) -> None:
    """List the models that --model takes by name: the bundled ones, of which the first is the default, and your own.

    With names or .onnx files, these alone.
    """
    from deep_photo_enhancer.enhancement.models import bundled_models, find_model, known_models, load_model, user_folder
    from deep_photo_enhancer.errors import ModelError

    bundled = bundled_models()
    damaged = False
    for name, path in {name: find_model(name) for name in names}.items() or known_models().items():
        try:
            model = load_model(path)
        except ModelError as error:
            damaged = True
            click.echo(f"Error: {one_line(error)}", err=True)
            continue
        place = "bundled" if name in bundled else str(path)
        click.echo(one_line(f"{path.stem}: {model.description} (S = {model.image_size}; {place})"))
        if verbose:
            echo_card(model)
    if not names:
        click.echo(
            one_line(f"Your own models are the .onnx files in {user_folder()}; `dpe learn LIKED --name warm` puts one there.")
        )
    if damaged:
        raise SystemExit(1)


def echo_card(model: Model) -> None:
    """The card in a model's file, a line for each entry."""
    if model.card is None:
        click.echo("  its file has no card: an earlier version wrote it")
        return
    for key, text in vars(model.card).items():
        click.echo(one_line(f"  {key + ':':<9}{text}"))
