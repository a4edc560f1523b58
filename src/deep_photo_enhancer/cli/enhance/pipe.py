"""A photo that comes from standard input, or goes to standard output."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from deep_photo_enhancer.cli.enhance.messages import coloured
from deep_photo_enhancer.cli.enhance.options import Order
from deep_photo_enhancer.cli.shared import CommandLineError
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.photo import SAVERS, Photo, load_photo, output_suffix
from deep_photo_enhancer.photo.containers.detect import detect
from deep_photo_enhancer.photo.writing import photo_bytes
from deep_photo_enhancer.system.text import one_line

STREAM = Path("-")
"""Stands for standard input and standard output."""


def is_pipe(order: Order) -> bool:
    """Whether a photo comes or goes through a pipe."""
    return STREAM in order.photos or order.output == STREAM


def enhance_pipe(order: Order) -> None:
    """Enhance the only photo. PhotoError when it cannot be read or written."""
    _check(order)
    photo, suffix = _read(order)
    enhancer = Enhancer(order.model, order.device, None, order.method)
    options = order.treatment("overwrite").save
    enhanced = enhancer.enhance_photo(photo, order.strength, in_place=True)
    if order.output == STREAM:
        content, lost = photo_bytes(enhanced, order.suffix or suffix, options)
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        lost = enhanced.save(order.output, options)
    for warning in () if order.quiet else photo.warnings + lost:
        click.echo(f"{coloured('Warning:', 'yellow', sys.stderr)} {one_line(warning)}", err=True)


def _check(order: Order) -> None:
    if len(order.photos) > 1 or order.photos[0].is_dir():
        raise CommandLineError("- takes a single photo; name an output folder for several")
    for name, is_set in (("--watch", order.watch), ("--dry-run", order.dry_run), ("--compare", order.compare)):
        if is_set:
            raise CommandLineError(f"{name} does not go with -; name files")
    if order.report is not None or order.existing is not None or order.keep_times:
        raise CommandLineError("--report, --existing and --keep-times do not go with -; name files")
    if order.output == STREAM and sys.stdout.isatty():
        raise CommandLineError("a photo is nothing for a terminal to show; send standard output into a file or a pipe")
    if order.photos[0] == STREAM and sys.stdin.isatty():
        raise CommandLineError("standard input is the terminal; send a photo into it, or name a file")
    if order.output != STREAM and (order.output.suffix.lower() not in SAVERS or order.output.is_dir()):
        raise CommandLineError(one_line(f"{order.output}: name a file of {', '.join(SAVERS)} for a photo from standard input"))


def _read(order: Order) -> tuple[Photo, str]:
    """The photo, and the suffix of the format that its output has without another wish."""
    (path,) = order.photos
    max_pixels = order.treatment("overwrite").max_pixels
    if path != STREAM:
        return load_photo(path, max_pixels=max_pixels), output_suffix(path.suffix)
    content = sys.stdin.buffer.read()
    kind = detect(content)
    suffix = next((suffix for suffix, own in SAVERS.items() if own == kind), ".jpg")
    return load_photo(content, name="standard input", max_pixels=max_pixels), suffix
