"""`dpe reproduce table1 ... table4`: trains what a table needs, judges it, and writes the report."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from deep_photo_enhancer.enhancement.bench.machine import machine
from deep_photo_enhancer.errors import DataError, TrainingError
from deep_photo_enhancer.research.evaluation.evaluate import check
from deep_photo_enhancer.research.fivek import Prepared
from deep_photo_enhancer.research.reproduce.budgets import Budget
from deep_photo_enhancer.research.reproduce.comparison import Row, markdown
from deep_photo_enhancer.research.reproduce.filtered import write_fllf_labels
from deep_photo_enhancer.research.reproduce.judging import Means, TestPhotos
from deep_photo_enhancer.research.reproduce.paper_tables import Table
from deep_photo_enhancer.research.reproduce.pictures import draw_curves, write_sheet
from deep_photo_enhancer.research.reproduce.runs import Run, plan_run
from deep_photo_enhancer.system.files import atomic_write


def reproduce_table(
    table: Table,
    prepared: Prepared,
    budget: Budget,
    folder: Path,
    computing: Mapping[str, Any],
    seeds: int | None = None,
    systems: Collection[str] = (),
) -> str:
    """Train the runs that are not done and return the report, which is also written below `folder`.

    computing: settings of `TrainConfig` that say where to compute. systems: names of the rows to train, all by default;
    the report has every row that was ever finished. DataError on bad data, TrainingError when a run is stopped: the same call
    goes on.
    """
    if prepared.size < budget.image_size:
        raise DataError(
            f"{prepared.folder}: its photos have {prepared.size} pixels, but the budget {budget.name} needs {budget.image_size}; "
            f"prepare them again with --size {budget.image_size}"
        )
    labels = write_fllf_labels(prepared, folder) if table.labels == "fllf" else None
    test = TestPhotos.of(prepared, labels, budget.image_size)
    check(test.pairs, [])
    runs = [
        plan_run(
            system, seed, budget, _data(prepared, system.settings["method"], labels), test.fingerprint, computing, folder / "runs"
        )
        for seed in range(seeds or budget.seeds)
        for system in table.systems
    ]
    for run in runs:
        if not systems or run.system.name in systems:
            print(f"{table.name}: {run.system.name}, seed {run.seed}, in {run.folder}", flush=True)
            if not run.finish():
                raise TrainingError(f"{run.folder}: stopped before its end; the same command goes on")
    return _report(table, runs, test, prepared, budget, folder / table.name, computing["machine.device"])


def _data(prepared: Prepared, method: str, labels: Path | None) -> dict[str, Any]:
    settings = prepared.data(method) | ({} if labels is None else {"labels": [str(labels)]})
    return {f"data.{key}": value for key, value in settings.items()}


def _report(
    table: Table, runs: Sequence[Run], test: TestPhotos, prepared: Prepared, budget: Budget, folder: Path, device: str
) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    done = [run for run in runs if run.is_done and not run.has_diverged]
    means = {run: test.judge(run, device) for run in done}
    rows = [_row(system.name, system.paper, runs, means) for system in table.systems]
    draw_curves(done, folder / "curves.png")
    write_sheet(done, test, device, folder / "pictures.jpg")
    text = "\n".join(
        [
            f"# {table.name}: {table.title}",
            "",
            *_conditions(table, prepared, budget, len(test.pairs)),
            "",
            markdown(rows, test.of_input(), judges_order=budget.name != "smoke"),
            "",
            "![PSNR over the steps](curves.png)",
            "",
            "![Input, systems in the table's order, label](pictures.jpg)",
            "",
        ]
    )
    with atomic_write(folder / "report.md") as unfinished:
        unfinished.write_text(text, encoding="utf-8")
    return text


def _row(name: str, paper: Mapping[str, float], runs: Sequence[Run], means: Mapping[Run, Means]) -> Row:
    of_system = [figures for run, figures in means.items() if run.system.name == name]
    values = {
        metric: [figures[metric] for figures in of_system] for metric in ("psnr", "ssim_uniform", "ssim_gaussian", "ciede2000")
    }
    diverged = sum(run.has_diverged for run in runs if run.system.name == name)
    return Row(name, values["psnr"], values["ssim_uniform"], values["ssim_gaussian"], values["ciede2000"], diverged, paper)


def _conditions(table: Table, prepared: Prepared, budget: Budget, test_photos: int) -> list[str]:
    here = {value for system in table.systems for value in system.settings.values()}
    exceptions = [
        f"{name} has {', '.join(f'{key} {value:g}' for key, value in settings.items())}"
        for name, settings in budget.exceptions.items()
        if name in here
    ]
    facts = [
        f"Budget {budget.name}: {budget.purpose}. S = {budget.image_size}, {test_photos} test photos; means over the seeds and "
        "their ranges.",
        f"Photos: {prepared.folder.name}, {prepared.fingerprint[:12]}; {prepared.splits}.",
        *(f"{warning}." for warning in prepared.warnings),
        *([f"Apart from the rest: {'; '.join(exceptions)}."] if exceptions else []),
        f"{', '.join(f'{name} {value}' for name, value in machine().items())}, torch {torch.__version__}.",
    ]
    return [f"- {fact}" for fact in facts]
