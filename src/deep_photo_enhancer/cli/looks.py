"""Options on the look and the form of outputs, which `dpe enhance` and `dpe archive` have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import click

from deep_photo_enhancer.cli.groups import amount, option
from deep_photo_enhancer.cli.shared import CommandLineError, complete_model
from deep_photo_enhancer.photo import SAVERS

LOOK, OUTPUT = "The look", "The output"
Decorator = Callable[[Any], Any]

_FORM = (
    option(
        OUTPUT,
        "--format",
        "format_",
        type=click.Choice([suffix[1:] for suffix in SAVERS]),
        help="Format of the outputs; by default that of the inputs, jpg for RAW.",
    ),
    option(
        OUTPUT,
        "--quality",
        type=click.IntRange(1, 100),
        help="Of JPEG, WebP, AVIF, HEIC, JPEG XL and JPEG 2000; by default a JPEG's own for JPEG.",
    ),
    option(OUTPUT, "--strip", is_flag=True, help="Leave out all metadata but the colour profile."),
    option(OUTPUT, "--strip-gps", is_flag=True, help="Leave out where the photo was taken."),
)
_LOOK = (
    amount(LOOK, "-s", "--strength", help="Of the whole change. 0: unchanged, 2: exaggerated."),
    amount(LOOK, "--light", help="Of the change of light. 0: lightness stays, 2: exaggerated."),
    amount(LOOK, "--colour", help="Of the change of colour. 0: hue and saturation stay, 2: exaggerated."),
    option(
        LOOK,
        "-m",
        "--model",
        default="natural",
        show_default=True,
        shell_complete=complete_model,
        help="Name of a bundled model or of your own (dpe models), .onnx file, or a training run's folder.",
    ),
    option(
        LOOK,
        "--method",
        default="fast",
        show_default=True,
        type=click.Choice(["fast", "native", "fllf", "npea", "clhe"]),
        help="fast: the network's change of a small copy at full size; native: the network at full size. Classical, without a "
        "model: fllf, fast local Laplacian filter; npea, naturalness preserved enhancement; clhe, contrast-limited histogram "
        "equalisation. For a photo of 24 megapixels fast takes less than a second, npea 3 seconds, clhe 6, native half a minute, "
        "fllf a minute.",
    ),
)


def form_options(command: Any) -> Any:
    """Add --format, --quality, --strip and --strip-gps."""
    return _add(_FORM, command)


def look_options(command: Any) -> Any:
    """Add --strength, --light, --colour, --model and --method."""
    return _add(_LOOK, command)


def _add(decorators: tuple[Decorator, ...], command: Any) -> Any:
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def kept_metadata(strip: bool, strip_gps: bool) -> Literal["all", "no-gps", "none"]:
    """What of the photo's metadata is kept."""
    return "none" if strip else "no-gps" if strip_gps else "all"


def check_method(method: str, *needless: str) -> None:
    """CommandLineError for options named with a method that has no use for them: those that only a network has."""
    context = click.get_current_context()
    for name in needless if method not in ("fast", "native") else ():
        if context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE:
            flag = next(parameter.opts[-1] for parameter in context.command.params if parameter.name == name)
            raise CommandLineError(f"--method {method} works without a model; leave out {flag}")
