"""docs/cli.md from the commands' own help: python -m deep_photo_enhancer.cli.document > docs/cli.md"""

from __future__ import annotations

from collections.abc import Iterator

import click

from deep_photo_enhancer.cli import main

WIDTH = 100
HEAD = """# The command `dpe`

Made from `--help` by `python -m deep_photo_enhancer.cli.document > docs/cli.md`; [enhancing.md](enhancing.md) explains.

## Shell completion

One line in the shell's start-up file completes commands, options, models and file names:

| shell | file | line |
|---|---|---|
| bash 4.4 or newer | `~/.bashrc` | `eval "$(_DPE_COMPLETE=bash_source dpe)"` |
| zsh | `~/.zshrc` | `eval "$(_DPE_COMPLETE=zsh_source dpe)"` |
| fish | `~/.config/fish/completions/dpe.fish` | `_DPE_COMPLETE=fish_source dpe \\| source` |

## Exit status

0: all done. 1: something failed, with a line for each. 2: the command line is wrong, or names a model, or a photo to
enhance, that is not there: nothing was done. 130: interrupted by Ctrl-C; what was finished is complete, and the same command
goes on with the rest.

## Colour

Only on a terminal, and never with `NO_COLOR` set.
"""


def document() -> str:
    """The whole page."""
    context = click.Context(main, info_name="dpe", terminal_width=WIDTH, **main.context_settings)
    return "\n".join([HEAD, _page("dpe", context), *_pages("dpe", main, context)])


def _pages(title: str, group: click.Group, context: click.Context) -> Iterator[str]:
    """One for each command of a group, and of the groups in it."""
    for name in group.list_commands(context):
        command = group.commands[name]
        inner = click.Context(command, context, name, terminal_width=WIDTH)
        yield _page(f"{title} {name}", inner)
        if isinstance(command, click.Group):
            yield from _pages(f"{title} {name}", command, inner)


def _page(title: str, context: click.Context) -> str:
    return f"## {title}\n\n```text\n{context.get_help()}\n```\n"


if __name__ == "__main__":
    print(document(), end="")
