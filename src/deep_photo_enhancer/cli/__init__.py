"""The command `dpe`: a file for each of its commands. What a command needs is imported when it runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from deep_photo_enhancer.cli import (
    archive,
    bench,
    compare,
    data,
    enhance,
    evaluate,
    export,
    help_,
    learn,
    models,
    recipes,
    reproduce,
    run,
    study,
    train,
    web,
)
from deep_photo_enhancer.cli.shared import show_version
from deep_photo_enhancer.photo import PHOTO_SUFFIXES
from deep_photo_enhancer.system.streams import open_closed_streams


class _Main(click.Group):
    def main(self, *arguments: Any, **settings: Any) -> Any:
        """The program's start, also for one whose standard streams are closed."""
        open_closed_streams()
        return super().main(*arguments, **settings)

    def resolve_command(self, context: click.Context, words: list[str]) -> Any:
        """`dpe photo.jpg` means `dpe enhance photo.jpg`; a folder that is called like a command is written ./data."""
        if words[0] not in self.commands and _names_photos(words[0]):
            words = ["enhance", *words]
        return super().resolve_command(context, words)


def _names_photos(word: str) -> bool:
    is_path = word == "-" or "/" in word or os.path.lexists(word)
    return is_path or Path(word).suffix.lower() in PHOTO_SUFFIXES


@click.group(cls=_Main, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=show_version, help="Show versions and exit.")
def main() -> None:
    """Make ordinary photos look like the photos you love.

    \b
    dpe portrait.jpg                            enhance a photo: makes portrait-enhanced.jpg
    dpe holiday/                                enhance a folder: makes holiday-enhanced/
    dpe enhance portrait.jpg soft.jpg -s 0.6    into a file of your choice, a gentler change
    dpe compare portrait.jpg                    the photo in several looks, to choose from
    dpe enhance incoming/ -o better/ --watch    enhance what comes into a folder
    dpe web                                     a page in the browser, and an HTTP API
    dpe learn liked/ -o mylook.onnx             learn the look of photos you like
    dpe help enhance                            all options of a command
    """


COMMANDS = (
    enhance.enhance,
    archive.archive,
    compare.compare,
    models.models,
    bench.bench,
    learn.learn,
    train.train,
    recipes.recipes,
    export.export,
    run.run,
    evaluate.evaluate,
    data.data,
    reproduce.reproduce,
    study.study,
    web.web,
    help_.help_,
)
for command in COMMANDS:
    main.add_command(command)
