"""The command `dpe`: a file for each of its commands. What a command needs is imported when it runs."""

from __future__ import annotations

from typing import Any

import click

from deep_photo_enhancer.cli import bench, data, enhance, evaluate, export, learn, models, recipes, reproduce, study, train
from deep_photo_enhancer.cli.shared import show_version
from deep_photo_enhancer.system.streams import open_closed_streams


class _Main(click.Group):
    def main(self, *arguments: Any, **settings: Any) -> Any:
        """The program's start, also for one whose standard streams are closed."""
        open_closed_streams()
        return super().main(*arguments, **settings)


@click.group(cls=_Main, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=show_version, help="Show versions and exit.")
def main() -> None:
    """Make ordinary photos look like the photos you love.

    \b
    dpe enhance holiday/ -o better/                  enhance a folder of photos, its tree kept
    dpe enhance portrait.jpg -o soft.jpg --strength 0.6
    dpe enhance - -o - < in.jpg > out.jpg            in a pipe
    dpe enhance incoming/ -o better/ --watch         enhance what comes into a folder
    dpe learn liked/ -o mylook.onnx                  learn the look of photos you like
    """


COMMANDS = (
    enhance.enhance,
    models.models,
    bench.bench,
    learn.learn,
    train.train,
    recipes.recipes,
    export.export,
    evaluate.evaluate,
    data.data,
    reproduce.reproduce,
    study.study,
)
for command in COMMANDS:
    main.add_command(command)
