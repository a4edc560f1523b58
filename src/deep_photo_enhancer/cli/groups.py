"""Options under headings in a command's help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from deep_photo_enhancer.cli.shared import number


class GroupedOption(click.Option):
    """An option under the heading `group`."""

    def __init__(self, *arguments: Any, group: str, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.group = group


class GroupedCommand(click.Command):
    """A command that lists its options under their headings, in the order in which these come up."""

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        groups: dict[str, list[tuple[str, str]]] = {}
        options = [parameter for parameter in self.get_params(context) if isinstance(parameter, click.Option)]
        for option in sorted(options, key=lambda option: not isinstance(option, GroupedOption)):
            record = option.get_help_record(context)
            if record is not None:
                groups.setdefault(getattr(option, "group", "Help"), []).append(record)
        for heading, records in groups.items():
            with formatter.section(heading):
                formatter.write_dl(records)


def option(group: str, *names: str, **settings: Any) -> Callable[[Any], Any]:
    """Like click.option, under a heading."""
    decorator: Callable[[Any], Any] = click.option(*names, cls=GroupedOption, group=group, **settings)
    return decorator


def amount(group: str, *names: str, help: str) -> Callable[[Any], Any]:
    """An option from 0 to 2 that scales a change, 1 by default."""
    return option(group, *names, default=1.0, show_default=True, type=click.FloatRange(0, 2), callback=number, help=help)
