"""dpe enhance"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import click

from deep_photo_enhancer.cli.groups import GroupedCommand, option
from deep_photo_enhancer.cli.looks import OUTPUT, check_method, form_options, look_options
from deep_photo_enhancer.cli.shared import device, model_file, number, one_line_errors, path_type
from deep_photo_enhancer.photo import MAX_PIXELS

RUN = "The run"
OUTPUT_NAMES = ("-o", "--output")
_NAMES_OUTPUT = re.compile("-[qv]*o|--output")
"""-o, also behind other options of one letter."""
FOLLOWED = f"{__name__}.photos_follow_output"


class _Enhance(GroupedCommand):
    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Note whether photos come right after the output, as where a shell made both of one pattern."""
        after = [
            more for name, _, more in zip(arguments, arguments[1:], arguments[2:], strict=False) if _NAMES_OUTPUT.fullmatch(name)
        ]
        context.meta[FOLLOWED] = any(not word.startswith("-") for word in after)
        return super().parse_args(context, arguments)


@click.command(cls=_Enhance)
@click.argument("photos", nargs=-1, required=True, type=path_type())
@option(
    OUTPUT,
    *OUTPUT_NAMES,
    type=click.Path(),
    help="Output folder, or file for a single photo, or - for standard output; by default beside the photos and folders, with "
    "-enhanced in the name.",
)
@option(
    OUTPUT,
    "--existing",
    type=click.Choice(["update", "skip", "overwrite", "rename"]),
    help="Where an output exists, complete and not older than its photo: update (the default) makes it again if it was made with "
    "other settings, skip never, overwrite always (the default for a single output file); rename writes another one of a new "
    "name.",
)
@form_options
@option(OUTPUT, "--keep-times", is_flag=True, help="Give outputs the file times of their photos.")
@option(OUTPUT, "--compare", is_flag=True, help="Also write NAME-compare.jpg: input and output side by side.")
@look_options
@option(
    RUN, "--device", default="cpu", show_default=True, callback=device, help="What runs the network: auto, cpu, cuda or cuda:n."
)
@option(RUN, "--jobs", type=click.IntRange(1), help="Photos at the same time; without it one a core, which takes most memory.")
@option(
    RUN,
    "--max-megapixels",
    type=click.FloatRange(min=0, min_open=True),
    default=MAX_PIXELS / 1e6,
    show_default=True,
    callback=number,
    help="Larger photos are refused before they take memory.",
)
@option(RUN, "--watch", is_flag=True, help="Wait for photos that come into the folders, until Ctrl-C.")
@option(RUN, "--dry-run", is_flag=True, help="Only say what would become what.")
@option(RUN, "--report", type=path_type(), help="Write a JSON file on every photo; - for standard output.")
@option(RUN, "-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@option(RUN, "-v", "--verbose", is_flag=True, help="A line for every photo.")
@one_line_errors
def enhance(**options: Any) -> None:
    """Enhance photos, or folders of them and of folders; inputs are never touched.

    \b
    dpe enhance portrait.jpg                         makes portrait-enhanced.jpg
    dpe enhance holiday/                             makes holiday-enhanced/
    dpe enhance portrait.jpg soft.jpg -s 0.6         into a file
    dpe enhance holiday/ more/*.jpg -o better/       into a folder
    dpe enhance - < in.jpg > out.jpg                 in a pipe

    Exit status: 0 all done, 1 some failed, 2 the command line is wrong, 130 interrupted.
    """
    from deep_photo_enhancer.cli.enhance.options import EnhanceOptions, split_output
    from deep_photo_enhancer.cli.enhance.run import enhance_photos

    check_method(options["method"], "model", "device")
    options["model"] = model_file(options["model"])
    photos, output = options.pop("photos"), options.pop("output")
    into_folder = output is not None and output.endswith(("/", os.sep))
    photos, output = split_output(photos) if output is None else (photos, Path(output))
    follow = click.get_current_context().meta[FOLLOWED]
    enhance_photos(EnhanceOptions(photos, output, into_folder, follow, **options))
