"""`dpe reproduce table1 ... table4`: trains what a table needs, judges it, and writes the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from deep_photo_enhancer.enhancement.bench.machine import machine
from deep_photo_enhancer.errors import ConfigError, DataError, DPEError, TrainingError
from deep_photo_enhancer.research.evaluation.evaluate import check
from deep_photo_enhancer.research.fivek import Prepared, load_prepared
from deep_photo_enhancer.research.reproduce.budgets import ReproduceOptions
from deep_photo_enhancer.research.reproduce.comparison import Row, markdown
from deep_photo_enhancer.research.reproduce.paper_tables import TABLES, PaperRow, PaperTable
from deep_photo_enhancer.research.reproduce.photos import make_stand_in, write_fllf_labels
from deep_photo_enhancer.research.reproduce.runs import Means, Run, TablePhotos, judge_input, judge_run, parts_of, plan_run
from deep_photo_enhancer.research.reproduce.synthetic import write_synthetic_photos
from deep_photo_enhancer.system.extras import install_command
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.system.text import escape_markdown, one_line

FIGURE = "figure3"
SYNTHETIC_PHOTOS = 24


def reproduce(what: str, options: ReproduceOptions) -> str:
    """The report on table1 ... table4 or figure3, in Markdown; what it needs is trained first. See `dpe reproduce --help`.

    DataError on bad data, ConfigError on names that no row has, TrainingError when a training cannot go on.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise DPEError(f"dpe reproduce draws with matplotlib: {install_command('train', 'reproduce')}") from error
    try:
        if what == FIGURE:
            from deep_photo_enhancer.research.reproduce.swiss_roll import reproduce_swiss_roll

            return reproduce_swiss_roll(options)
        return reproduce_table(TABLES[what], options)
    except BrokenPipeError:
        raise
    except OSError as error:
        where = error.filename or options.output
        raise DataError(
            f"{where}: cannot be read or written: {error.strerror or error}; mend that, or choose another --output"
        ) from error


def reproduce_table(table: PaperTable, options: ReproduceOptions) -> str:
    """Train the runs that are not done and return the report, which is also written below the options' folder.

    The report has every row that was ever finished. DataError on bad data, TrainingError when a run is stopped: the same call
    goes on.
    """
    chosen = _choose_rows(table, options.rows)
    photos = _table_photos(table, options)
    check(photos.test, [])
    seeds = range(options.seeds or options.budget.seeds)
    runs = [plan_run(row, seed, photos, options) for seed in seeds for row in table.rows]
    for run in runs:
        if run.row in chosen:
            print(one_line(f"{table.name}: {run.row.name}, seed {run.seed}, in {run.folder}"), flush=True)
            if not run.finish():
                raise TrainingError(f"{run.folder}: stopped before its end; the same command goes on")
    return _report(table, runs, photos, options)


def _choose_rows(table: PaperTable, names: Sequence[str]) -> list[PaperRow]:
    by_name = {row.name: row for row in table.rows}
    if unknown := [name for name in names if name not in by_name]:
        raise ConfigError(f"--system {unknown[0]}: no row of {table.name}; there are {'; '.join(by_name)}")
    return [by_name[name] for name in names or by_name]


def _table_photos(table: PaperTable, options: ReproduceOptions) -> TablePhotos:
    budget = options.budget
    prepared = _find_photos(options)
    if prepared.size < budget.image_size:
        raise DataError(
            f"{prepared.folder}: its photos have {prepared.size} pixels, but the budget {budget.name} needs {budget.image_size}; "
            f"prepare them again with --size {budget.image_size}"
        )
    labels = write_fllf_labels(prepared, options.folder) if table.labels == "fllf" else None
    return TablePhotos(prepared, budget.image_size, labels)


def _find_photos(options: ReproduceOptions) -> Prepared:
    data, budget = options.data, options.budget
    if data is None:
        if budget.name != "smoke":
            raise DataError(f"the budget {budget.name} needs photos: --data FOLDER; see `dpe reproduce --help`")
        data = write_synthetic_photos(options.folder / "photos", SYNTHETIC_PHOTOS)
    elif (data / "manifest.json").exists():
        return load_prepared(data)
    return make_stand_in(data, options.folder, budget.image_size)


def _report(table: PaperTable, runs: Sequence[Run], photos: TablePhotos, options: ReproduceOptions) -> str:
    from deep_photo_enhancer.research.reproduce.pictures import draw_curves, write_sheet  # late: it needs matplotlib

    folder = options.folder / table.name
    folder.mkdir(parents=True, exist_ok=True)
    done = [run for run in runs if run.is_done and not run.has_diverged]
    means = {run: judge_run(run, photos, options.device) for run in done}
    draw_curves(done, folder / "curves.png")
    write_sheet(done, photos.test, options.device, folder / "pictures.jpg")
    rows = [_row(row, runs, means) for row in table.rows]
    parts = [
        f"# {table.name}: {table.title}",
        "\n".join(f"- {fact}" for fact in _conditions(table, photos, options)),
        markdown(rows, judge_input(photos), judges_order=options.budget.name != "smoke"),
        "![PSNR over the steps](curves.png)",
        "![Input, systems in the table's order, label](pictures.jpg)",
    ]
    text = "\n\n".join(parts) + "\n"
    write_report(text, folder / "report.md")
    return text


def write_report(text: str, path: Path) -> None:
    """Complete or not at all."""
    with atomic_write(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def _row(row: PaperRow, runs: Sequence[Run], means: Mapping[Run, Means]) -> Row:
    figures = [of_run for run, of_run in means.items() if run.row is row]
    psnr, ssim, gaussian, ciede2000 = (
        [of_run[metric] for of_run in figures] for metric in ("psnr", "ssim_uniform", "ssim_gaussian", "ciede2000")
    )
    diverged = sum(run.has_diverged for run in runs if run.row is row)
    return Row(row.name, psnr, ssim, gaussian, ciede2000, diverged, row.paper)


def _conditions(table: PaperTable, photos: TablePhotos, options: ReproduceOptions) -> list[str]:
    budget, prepared = options.budget, photos.prepared
    here = {part for row in table.rows for part in parts_of(row)}
    exceptions = [
        f"{name} has {', '.join(f'{key} {value}' for key, value in settings.items())}"
        for name, settings in budget.exceptions.items()
        if name in here
    ]
    return [
        f"Budget {budget.name}: {budget.purpose}. S = {budget.image_size}, {len(photos.test)} test photos; means over the seeds "
        "and their ranges.",
        f"Photos: {escape_markdown(prepared.folder.name)}, {prepared.fingerprint[:12]}; {prepared.splits}.",
        *(f"{warning}." for warning in prepared.warnings),
        *([f"Apart from the rest: {'; '.join(exceptions)}."] if exceptions else []),
        f"{', '.join(f'{name} {value}' for name, value in machine().items())}, torch {torch.__version__}.",
    ]
