"""dpe recipes"""

from __future__ import annotations

from pathlib import Path

import click

from deep_photo_enhancer.cli.shared import CommandLineError, complete_recipe, one_line_errors, path_type, write
from deep_photo_enhancer.system.text import one_line


@click.command()
@click.argument("name", required=False, shell_complete=complete_recipe)
@click.option("-o", "--output", type=path_type(), help="The .yaml file to write the recipe NAME to, to change it.")
@one_line_errors
def recipes(name: str | None, output: Path | None) -> None:
    """List the recipes that `dpe train` takes by name; show the recipe NAME, or copy it.

    \b
    dpe recipes
    dpe recipes supervised -o mine.yaml
    dpe train mine.yaml
    """
    from deep_photo_enhancer.training.recipes import describe_recipe, find_recipe
    from deep_photo_enhancer.training.recipes import recipes as known_recipes

    if name is None:
        if output is not None:
            raise click.UsageError("Name the recipe to copy.")
        for known, path in known_recipes().items():
            click.echo(f"{known}: {describe_recipe(path)}")
        return
    text = find_recipe(name).read_text(encoding="utf-8")
    if output is None:
        click.echo(text, nl=False)
        return
    if output.exists():
        raise CommandLineError(one_line(f"{output}: already exists; choose another file"))
    write(output, text)
    click.echo(f"wrote {one_line(output)}")
