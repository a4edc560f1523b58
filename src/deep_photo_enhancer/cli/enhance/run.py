"""The work of `dpe enhance`, from the checked options to the exit status."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Event
from typing import NoReturn

import click

from deep_photo_enhancer.cli.enhance.messages import Messages, others
from deep_photo_enhancer.cli.enhance.options import Order
from deep_photo_enhancer.cli.enhance.pipe import enhance_pipe, is_pipe
from deep_photo_enhancer.cli.shared import CommandLineError, command_line_errors
from deep_photo_enhancer.enhancement.batch import Job, Outcome, Plan, Report, is_done, run_jobs, watch
from deep_photo_enhancer.enhancement.classical import CLASSICAL
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from deep_photo_enhancer.system.files import remove_unfinished_files
from deep_photo_enhancer.system.memory import share_freed_memory
from deep_photo_enhancer.system.signals import INTERRUPTED, stop_signals
from deep_photo_enhancer.system.text import one_line
from deep_photo_enhancer.version import __version__

FINISHING = "finishing the photos at work; Ctrl-C again ends at once"


def enhance_photos(order: Order) -> None:
    """Enhance what the order says. SystemExit with the status where that is not 0."""
    if order.quiet and order.verbose:
        raise CommandLineError("--quiet and --verbose exclude each other; use one of them")
    if is_pipe(order):
        enhance_pipe(order)
        return
    with command_line_errors():
        plan = order.plan()
        count = plan.check()
    if order.dry_run:
        raise SystemExit(_say_what_would_be(plan, order))
    with stop_signals(None if order.quiet else FINISHING, _end_at_once) as stop:
        failed = _enhance(order, plan, count, stop)
        interrupted = stop.is_set() and not order.watch
    if interrupted or failed:
        raise SystemExit(INTERRUPTED if interrupted else 1)


def _enhance(order: Order, plan: Plan, count: int, stop: Event) -> int:
    """How many photos failed."""
    share_freed_memory()
    cores = os.cpu_count() or 1
    wished = order.jobs or (cores if order.method == "fast" else 1)  # the others take 1 to 2 GB for 24 MP, native all cores
    at_once = max(1, wished if order.watch else min(wished, count))
    enhancer = Enhancer(order.model, order.device, max(1, cores // at_once), order.method)
    if order.device == "auto" and not order.quiet:
        click.echo(f"using {enhancer.model.device}", err=True)
    start = time.perf_counter()
    messages = Messages(None if order.watch else count, order.quiet, order.verbose, sys.stdout)
    with ExitStack() as stack:
        report = stack.enter_context(Report.write(order.report, _run(order, enhancer))) if order.report else None
        for outcome in _outcomes(order, plan, enhancer, at_once, stop):
            messages.tell(outcome)
            if report is not None:
                report.add(outcome)
        if report is not None:
            counts = {status: messages.counts[status] for status in ("enhanced", "skipped", "failed", "stopped")}
            ending = {
                "left_alone": plan.left_alone,
                "interrupted": stop.is_set(),
                "seconds": round(time.perf_counter() - start, 3),
            }
            report.end(counts | ending)
        messages.end(one_line(order.output), plan.left_alone)
    return messages.counts["failed"]


def _outcomes(order: Order, plan: Plan, enhancer: Enhancer, at_once: int, stop: Event) -> Iterator[Outcome]:
    treatment = order.treatment(plan.existing)
    if not order.watch:
        yield from run_jobs(plan, enhancer, treatment, at_once, stop)
        return
    if not order.quiet:
        click.echo("waiting for photos; Ctrl-C ends this", err=True)
    for jobs in watch(plan, stop):
        yield from run_jobs(jobs, enhancer, treatment, at_once, stop)


def _end_at_once() -> NoReturn:
    """Without waiting for the photos at work, as leaving Python would."""
    remove_unfinished_files()
    os._exit(INTERRUPTED)


def _run(order: Order, enhancer: Enhancer) -> dict[str, object]:
    """What the report says of the whole run."""
    return {
        "version": __version__,
        **_model(order, enhancer),
        "strength": order.strength,
        "method": order.method,
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _model(order: Order, enhancer: Enhancer) -> dict[str, str | None]:
    """Nulls for a method without a model."""
    if order.method in CLASSICAL:
        return dict.fromkeys(("model", "model_description", "device"))
    return {"model": order.model, "model_description": enhancer.model.description, "device": enhancer.model.device}


def _say_what_would_be(plan: Plan, order: Order) -> int:
    """The exit status."""
    would, there, problems = 0, 0, 0
    for job in plan:
        if job.problem is not None:
            problems += 1
            click.echo(f"Error: {one_line(job.problem)}", err=True)
        elif plan.existing == "skip" and is_done(job):
            there += 1
            _say(f"{job.source}: {job.output} is there already", order)
        else:
            would += 1
            _say(f"{job.source} -> {job.output}{_replaced(job)}", order)
    if not order.quiet:
        click.echo(f"{would} photos would be enhanced, {there} are there already{others(plan.left_alone)}")
    return 1 if problems else 0


def _replaced(job: Job) -> str:
    return " (replaces what is there)" if os.path.lexists(job.output) else ""


def _say(line: str, order: Order) -> None:
    if not order.quiet:
        click.echo(one_line(line))
