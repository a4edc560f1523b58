"""dpe train"""

from __future__ import annotations

from pathlib import Path

import click

from deep_photo_enhancer.cli.shared import one_line_errors, path_type


@click.command()
@click.argument("recipe", type=path_type())
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change a setting of the recipe; may be repeated.")
@click.option("--resume", is_flag=True, help="Continue the run from its newest checkpoint.")
@one_line_errors
def train(recipe: Path, settings: tuple[str, ...], resume: bool) -> None:
    """Train a network as a YAML recipe says."""
    from deep_photo_enhancer.training.config import load_config
    from deep_photo_enhancer.training.trainer import train as run_training

    run_training(load_config(recipe, settings), resume=resume)
