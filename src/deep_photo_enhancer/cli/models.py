"""dpe models"""

from __future__ import annotations

import click

from deep_photo_enhancer.cli.shared import one_line_errors


@click.command()
@one_line_errors
def models() -> None:
    """List the bundled models; the first is the default."""
    from deep_photo_enhancer.enhancement.models import bundled_models, load_model

    for name in bundled_models():
        model = load_model(name)
        click.echo(f"{name}: {model.description} (S = {model.image_size})")
