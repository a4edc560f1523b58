"""dpe help"""

from __future__ import annotations

import click


@click.command("help")
@click.argument("command", nargs=-1)
@click.pass_context
def help_(context: click.Context, command: tuple[str, ...]) -> None:
    """Show the help of a COMMAND, such as `enhance` or `data fivek`."""
    about = context.find_root()
    for name in command:
        group = about.command
        found = group.get_command(about, name) if isinstance(group, click.Group) else None
        if found is None:
            raise click.UsageError(f"No such command '{name}'.", about)
        about = click.Context(found, about, name)
    click.echo(about.get_help())
