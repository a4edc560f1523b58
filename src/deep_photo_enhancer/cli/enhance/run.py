"""The work of `dpe enhance`, from the checked options to the exit status."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from threading import Event

import click

from deep_photo_enhancer.cli.enhance.messages import Messages, exist
from deep_photo_enhancer.cli.enhance.options import EnhanceOptions
from deep_photo_enhancer.cli.enhance.pipe import enhance_pipe, is_pipe
from deep_photo_enhancer.cli.shared import CommandLineError, command_line_errors
from deep_photo_enhancer.cli.targets import STREAM
from deep_photo_enhancer.enhancement.batch import Job, Outcome, Plan, Records, Report, State, run_jobs, watch
from deep_photo_enhancer.enhancement.batch.passed import count_passed
from deep_photo_enhancer.enhancement.classical import CLASSICAL
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.enhancement.kernel import IS_COMPILED
from deep_photo_enhancer.enhancement.models import find_model
from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.system.memory import share_freed_memory
from deep_photo_enhancer.system.signals import INTERRUPTED, end_at_once, interrupting_signals, stop_signals
from deep_photo_enhancer.system.text import one_line, quantity
from deep_photo_enhancer.version import __version__

FINISHING = "finishing the photos at work; Ctrl-C again ends at once"


def enhance_photos(options: EnhanceOptions) -> None:
    """Enhance what the options say. SystemExit with the status where that is not 0."""
    if options.quiet and options.verbose:
        raise CommandLineError("--quiet and --verbose exclude each other; use one of them")
    if options.dry_run and options.report is not None:
        raise CommandLineError("--dry-run enhances nothing that a report could tell of; leave out --report")
    if is_pipe(options):
        with interrupting_signals(end_at_once):
            enhance_pipe(options)
        return
    with command_line_errors():
        plan = options.plan()
        count = plan.check()
    if options.dry_run:
        raise SystemExit(_preview(plan, options))
    with stop_signals(None if options.quiet else FINISHING, end_at_once) as stop:
        failed = _enhance(options, plan, count, stop)
        interrupted = stop.is_set() and not options.watch
    if interrupted or failed:
        raise SystemExit(INTERRUPTED if interrupted else 1)


def _enhance(options: EnhanceOptions, plan: Plan, count: int, stop: Event) -> int:
    """How many photos failed."""
    share_freed_memory()
    cores = os.cpu_count() or 1
    wanted = options.jobs or (cores if options.method == "fast" else 1)  # the others take 1 to 2 GB for 24 MP, native all cores
    at_once = max(1, wanted if options.watch else min(wanted, count))
    enhancer = Enhancer(options.model, options.device, max(1, cores // at_once), options.method)
    if options.device == "auto" and enhancer.model is not None and not options.quiet:
        click.echo(f"using {enhancer.model.device}", err=True)
    place = _place(plan)  # before there are outputs, beside which further ones would have other names
    start = time.perf_counter()
    stream = sys.stderr if options.reports_to_stdout else sys.stdout
    is_compiled = IS_COMPILED or options.method != "fast"
    messages = Messages(None if options.watch else count, options.quiet, options.verbose, stream, is_compiled)
    with ExitStack() as stack:
        report = stack.enter_context(_report(options, enhancer)) if options.report else None
        for outcome in _outcomes(options, plan, enhancer, messages, at_once, stop):
            messages.show(outcome)
            if report is not None:
                report.add(outcome)
        if report is not None:
            counts = {status: messages.counts[status] for status in ("enhanced", "skipped", "failed", "stopped")}
            ending = {
                "left_alone": plan.passed.total(),
                "interrupted": stop.is_set(),
                "seconds": round(time.perf_counter() - start, 3),
            }
            report.end(counts | ending)
        messages.end(place, plan.passed)
    return messages.counts["failed"]


def _place(plan: Plan) -> str:
    """Where the outputs are, for the summary."""
    targets = plan.targets
    return f"into {one_line(targets[0])}" if len(targets) == 1 else "beside their originals"


def _report(options: EnhanceOptions, enhancer: Enhancer) -> AbstractContextManager[Report]:
    details = _run_details(options, enhancer)
    assert options.report is not None
    if options.report == STREAM:
        return nullcontext(Report("standard output", sys.stdout, details))
    return Report.write(options.report, details)


def _outcomes(
    options: EnhanceOptions, plan: Plan, enhancer: Enhancer, messages: Messages, at_once: int, stop: Event
) -> Iterator[Outcome]:
    job_options = options.job_options(plan.existing)
    if not options.watch:
        yield from run_jobs(plan, enhancer, job_options, at_once, stop, messages.move)
        return
    if not options.quiet:
        click.echo("waiting for photos; Ctrl-C ends this", err=True)
    for jobs in watch(plan, stop):
        yield from run_jobs(jobs, enhancer, job_options, at_once, stop, messages.move)


def _run_details(options: EnhanceOptions, enhancer: Enhancer) -> dict[str, object]:
    """What the report says of the whole run."""
    return {
        "version": __version__,
        **_model_details(options, enhancer),
        "strength": options.strength,
        "light": options.light,
        "colour": options.colour,
        "method": options.method,
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _model_details(options: EnhanceOptions, enhancer: Enhancer) -> dict[str, str | None]:
    """Nulls for a method without a model."""
    if enhancer.model is None:
        return dict.fromkeys(("model", "model_description", "device"))
    return {"model": options.model, "model_description": enhancer.model.description, "device": enhancer.model.device}


def _preview(plan: Plan, options: EnhanceOptions) -> int:
    """The exit status."""
    model = None if options.method in CLASSICAL else find_model(options.model)
    records = Records(model, options.method, options.job_options(plan.existing))
    would, there, problems = 0, 0, 0
    for job in plan:
        try:
            state = _state(job, plan, records)
        except PhotoError as error:
            problems += 1
            click.echo(f"Error: {one_line(error)}", err=True)
            continue
        if state in ("same", "unrecorded") or (state == "other" and plan.existing == "skip"):
            there += 1
            _say(f"{job.source}: {job.output} already exists", options)
        else:
            would += 1
            _say(f"{job.source} -> {job.output}{_note_on_replacement(job, state)}", options)
    if not options.quiet:
        already = f"{there} already {exist(there)}"
        click.echo(f"{quantity(would, 'photo')} would be enhanced, {already}{count_passed(plan.passed)}")
    return 1 if problems else 0


def _state(job: Job, plan: Plan, records: Records) -> State:
    """PhotoError for a job that cannot be done."""
    if job.problem is not None:
        raise PhotoError(job.problem)
    return records.state(job) if plan.existing in ("update", "skip") else "missing"


def _note_on_replacement(job: Job, state: State) -> str:
    if state == "other":
        return " (again, for its settings have changed)"
    return " (replaces what is there)" if os.path.lexists(job.output) else ""


def _say(line: str, options: EnhanceOptions) -> None:
    if not options.quiet:
        click.echo(one_line(line))
