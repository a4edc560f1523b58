"""A photo that comes from standard input, or goes to standard output."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from deep_photo_enhancer.cli.enhance.messages import colour_text
from deep_photo_enhancer.cli.enhance.options import EnhanceOptions
from deep_photo_enhancer.cli.shared import CommandLineError
from deep_photo_enhancer.cli.targets import STREAM
from deep_photo_enhancer.enhancement.batch import Records
from deep_photo_enhancer.enhancement.batch.plan import holds_no_photo
from deep_photo_enhancer.enhancement.batch.records import source_digest
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.photo import SAVERS, Photo, load_photo, output_suffix
from deep_photo_enhancer.photo.containers.detect import detect
from deep_photo_enhancer.photo.writing import check_sides, photo_bytes
from deep_photo_enhancer.system.streams import CLOSED
from deep_photo_enhancer.system.text import one_line


def is_pipe(options: EnhanceOptions) -> bool:
    """Whether a photo comes or goes through a pipe."""
    return STREAM in options.photos or options.output == STREAM


def enhance_pipe(options: EnhanceOptions) -> None:
    """Enhance the only photo. PhotoError when it cannot be read or written."""
    output = options.output or STREAM
    _check(options, output)
    if STREAM in options.photos and output != STREAM:
        _check_output(output)
    photo, suffix, source = _read(options)
    wanted = options.suffix or suffix if output == STREAM else output.suffix
    check_sides(photo.size, wanted, "standard output" if output == STREAM else str(output))
    enhancer = Enhancer(options.model, options.device, None, options.method)
    job = options.job_options("overwrite")
    enhanced = enhancer.enhance_photo(photo, options.strength, True, light=options.light, colour=options.colour)
    enhanced = Records.of(enhancer, job).embed(enhanced, source, wanted)
    if output == STREAM:
        content, lost = photo_bytes(enhanced, wanted, job.save)
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        lost = enhanced.save(output, job.save)
    for warning in () if options.quiet else photo.warnings + lost:
        click.echo(f"{colour_text('Warning:', 'yellow', sys.stderr)} {one_line(warning)}", err=True)


def _check(options: EnhanceOptions, output: Path) -> None:
    if len(options.photos) == 2 and options.photos[0] == STREAM and options.output is None:
        raise CommandLineError(one_line(f"{options.photos[1]}: already exists; put -o before it to replace it"))
    if len(options.photos) > 1 or options.photos[0].is_dir():
        raise CommandLineError("- takes a single photo; name an output folder for several")
    for name, is_set in (("--watch", options.watch), ("--dry-run", options.dry_run), ("--compare", options.compare)):
        if is_set:
            raise CommandLineError(f"{name} does not go with -; name files")
    if options.report is not None or options.existing is not None or options.keep_times:
        raise CommandLineError("--report, --existing and --keep-times do not go with -; name files")
    if output == STREAM and sys.stdout.isatty():
        raise CommandLineError("a photo is nothing for a terminal to show; send standard output into a file or a pipe")
    if options.photos[0] == STREAM and sys.stdin.isatty():
        raise CommandLineError("standard input is the terminal; send a photo into it, or name a file")
    if output == STREAM and "stdout" in CLOSED:
        raise CommandLineError("standard output is closed; send it into a file or a pipe, or name a file")
    is_folder = options.into_folder or output.is_dir()
    if output != STREAM and (output.suffix.lower() not in SAVERS or is_folder):
        raise CommandLineError(one_line(f"{output}: name a file of {', '.join(SAVERS)} for a photo from standard input"))
    if output != STREAM and options.suffix is not None and SAVERS[options.suffix] != SAVERS[output.suffix.lower()]:
        raise CommandLineError(one_line(f"{output}: is not the name of a {options.format_} file; change the name or the format"))


def _check_output(output: Path) -> None:
    """CommandLineError for a file that is no photo, and for the very file that standard input comes from."""
    if holds_no_photo(output):
        raise CommandLineError(one_line(f"{output}: already exists and is no photo; choose another name"))
    try:
        is_same = os.path.samestat(output.stat(), os.fstat(sys.stdin.fileno()))
    except OSError:  # not there yet, or no file
        return
    if is_same and output.is_file():
        raise CommandLineError(one_line(f"{output}: is the photo to enhance and would be overwritten; choose another output"))


def _read(options: EnhanceOptions) -> tuple[Photo, str, str]:
    """The photo, the suffix of the format that its output has without another wish, and its digest for the record."""
    (path,) = options.photos
    max_pixels = options.job_options("overwrite").max_pixels
    if path != STREAM:
        return load_photo(path, max_pixels=max_pixels), output_suffix(path.suffix), source_digest(path)
    content = sys.stdin.buffer.read()
    kind = detect(content)
    suffix = next((suffix for suffix, own in SAVERS.items() if own == kind), ".jpg")
    return load_photo(content, name="standard input", max_pixels=max_pixels), suffix, source_digest(content)
