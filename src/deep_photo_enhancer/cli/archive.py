"""dpe archive"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from deep_photo_enhancer.cli.groups import GroupedCommand, option
from deep_photo_enhancer.cli.looks import OUTPUT, check_method, form_options, kept_metadata, look_options
from deep_photo_enhancer.cli.shared import CommandLineError, model_file, number, one_line_errors, path_type, write
from deep_photo_enhancer.system.text import one_line, quantity

RUN = "The run"


class _RunUnlessNamed(click.Group):
    """`dpe archive SOURCE -o TARGET` means `dpe archive run ...`; a folder that is called like a command is written ./status."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Put the command before arguments that name none."""
        if arguments and arguments[0] not in (*self.commands, *context.help_option_names):
            arguments = ["run", *arguments]
        return super().parse_args(context, arguments)


@click.group(cls=_RunUnlessNamed, subcommand_metavar="[run] SOURCE -o TARGET | status TARGET | report TARGET")
def archive() -> None:
    """Enhance archives of millions of photos, in folders and object stores, on this machine or on a Ray cluster.

    \b
    dpe archive /photos -o /better                     in processes of this machine
    dpe archive s3://ours/photos -o s3://ours/better --cluster auto
    dpe archive status s3://ours/better                how far it is, from anywhere
    dpe archive report s3://ours/better                totals, failures, a hundred photos before and after

    It needs an extra, pip install 'deep-photo-enhancer[archive]', and fsspec's driver of the store, such as s3fs, gcsfs or
    adlfs. `run` may be left out.
    """


@archive.command(cls=GroupedCommand)
@click.argument("source")
@option(OUTPUT, "-o", "--output", "target", required=True, help="Folder or URL for the outputs and the records of the run.")
@form_options
@look_options
@option(
    RUN,
    "--cluster",
    default="local",
    show_default=True,
    help="Ray cluster that this machine belongs to: auto, or the head's host:port; else local.",
)
@option(RUN, "--jobs", type=click.IntRange(1), help="Processes of a local cluster; without it one for each core.")
@option(
    RUN, "--gpus-per-worker", "gpus", type=click.FloatRange(0, 1), default=0.0, help="Share of a GPU for each worker, as 0.25."
)
@option(
    RUN,
    "--max-megapixels",
    type=click.FloatRange(min=0, min_open=True),
    default=200.0,
    show_default=True,
    callback=number,
    help="Larger photos are refused; memory for one is reserved for each worker.",
)
@option(
    RUN,
    "--photo-seconds",
    "seconds",
    default=600.0,
    show_default=True,
    type=click.FloatRange(1),
    help="Longest time for a photo.",
)
@option(RUN, "--sample", type=click.IntRange(1), help="Only so many photos, drawn by chance; a later run goes on with the rest.")
@option(RUN, "--retry-failed", is_flag=True, help="Try again what failed before, too.")
@option(RUN, "-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@one_line_errors
def run(**options: Any) -> None:
    """Enhance the photos of SOURCE, a folder or a URL, into TARGET; the tree is kept, inputs are never touched.

    The same command again makes only what is missing, has changed, or was made with other settings.

    Exit status: 0 all done, 1 some failed, now or before, 2 the command line is wrong, 130 interrupted.
    """
    from deep_photo_enhancer.archive.run import Wishes
    from deep_photo_enhancer.archive.settings import Settings

    check_method(options["method"], "model", "gpus")
    settings = Settings(
        model=str(model_file(options["model"])),
        method=options["method"],
        strength=options["strength"],
        light=options["light"],
        colour=options["colour"],
        suffix=f".{options['format_']}" if options["format_"] else None,
        quality=options["quality"],
        metadata=kept_metadata(options["strip"], options["strip_gps"]),
        max_pixels=round(options["max_megapixels"] * 1e6),
    )
    wishes = Wishes(
        settings=settings,
        cluster=options["cluster"],
        workers=options["jobs"],
        gpus=options["gpus"],
        seconds=options["seconds"],
        sample=options["sample"],
        retry_failed=options["retry_failed"],
    )
    if options["jobs"] is not None and options["cluster"] != "local":
        raise CommandLineError("--jobs is for a local cluster; another one has the workers that it has room for")
    _run(options["source"], options["target"], wishes, options["quiet"])


def _run(source: str, target: str, wishes: Any, quiet: bool) -> None:
    """SystemExit with the status where that is not 0."""
    from deep_photo_enhancer.archive.places import Place
    from deep_photo_enhancer.archive.run import Screen, enhance_archive
    from deep_photo_enhancer.cli.archive_lines import Lines
    from deep_photo_enhancer.system.signals import INTERRUPTED, end_at_once, stop_signals

    lines = Lines(quiet)
    with stop_signals(None if quiet else "recording what is done; Ctrl-C again ends at once", end_at_once) as stop:
        progress = enhance_archive(Place.of(source), Place.of(target), wishes, Screen(lines.say, lines.show), stop)
    lines.end(progress, one_line(target))
    if progress.state == "interrupted":
        raise SystemExit(INTERRUPTED)
    if progress.counts["failed"] or progress.counts["failed before"]:
        raise SystemExit(1)


@archive.command()
@click.argument("target")
@one_line_errors
def status(target: str) -> None:
    """Show how far the newest run into TARGET is, from any machine."""
    from deep_photo_enhancer.archive.places import Place
    from deep_photo_enhancer.archive.progress import last_run, read_progress
    from deep_photo_enhancer.errors import ArchiveError

    place = Place.of(target)
    progress = read_progress(place, last_run(place))
    if progress is None:
        raise ArchiveError(f"{target}: no run of dpe archive has been there; check the name")
    click.echo(progress.describe())


@archive.command()
@click.argument("target")
@click.option(
    "-o",
    "--output",
    default=Path("archive-report"),
    show_default=True,
    type=path_type(),
    help="Folder for report.html and failures.csv; an earlier report in it is replaced.",
)
@one_line_errors
def report(target: str, output: Path) -> None:
    """Report on all runs into TARGET: totals, failures, warnings, the slowest photos, and a hundred before and after.

    The report lands in the current folder, as archive-report/, and replaces the one that is there, also that of another
    archive; -o names another place.
    """
    from deep_photo_enhancer.archive.listing import list_photos
    from deep_photo_enhancer.archive.places import Place
    from deep_photo_enhancer.archive.progress import last_run, read_progress
    from deep_photo_enhancer.archive.records import Records
    from deep_photo_enhancer.archive.report import Summary, failures, page
    from deep_photo_enhancer.cli.targets import ARCHIVE, check_folder
    from deep_photo_enhancer.errors import ArchiveError

    check_folder(output, ARCHIVE)
    place = Place.of(target)
    progress = read_progress(place, last_run(place))
    if progress is None:
        raise ArchiveError(f"{target}: no run of dpe archive has been there; check the name")
    source, records = Place.of(progress.source), Records(place)
    order = list_photos(source).order
    summary = Summary.of(records.rows(order))
    summary.is_sample = progress.is_sample
    write(output / "report.html", page(summary, source, place))
    write(output / "failures.csv", "".join(failures(records.rows(order))))
    click.echo("\n".join(summary.lines()))
    failed = quantity(summary.counts["failed"], "failure")
    click.echo(f"wrote report.html and failures.csv ({failed}) in {one_line(output)}", err=True)
