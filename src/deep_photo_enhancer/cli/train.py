"""dpe train"""

from __future__ import annotations

import click

from deep_photo_enhancer.cli.shared import complete_recipe, one_line_errors


@click.command()
@click.argument("recipe", shell_complete=complete_recipe)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a setting of the recipe; may be repeated.")
@click.option("--resume", is_flag=True, help="Continue the run from its newest checkpoint.")
@one_line_errors
def train(recipe: str, settings: tuple[str, ...], resume: bool) -> None:
    """Train a network as RECIPE says: a name that `dpe recipes` lists, or a YAML file."""
    from deep_photo_enhancer.training.config import load_config
    from deep_photo_enhancer.training.recipes import find_recipe
    from deep_photo_enhancer.training.trainer import train as run_training

    run_training(load_config(find_recipe(recipe), settings), resume=resume)
