"""The paper's tables and Figure 3 on one's own data: `dpe reproduce`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deep_photo_enhancer.errors import ConfigError, DataError, DPEError
from deep_photo_enhancer.research.fivek import Prepared, load_prepared
from deep_photo_enhancer.research.reproduce.budgets import BUDGETS, Budget
from deep_photo_enhancer.research.reproduce.paper_tables import TABLES, Table
from deep_photo_enhancer.research.reproduce.photos import make_stand_in
from deep_photo_enhancer.research.reproduce.synthetic import write_synthetic_photos

FIGURE = "figure3"
SYNTHETIC_PHOTOS = 24


def reproduce(
    what: str,
    data: Path | None,
    budget: str,
    folder: Path,
    seeds: int | None = None,
    systems: Sequence[str] = (),
    device: str = "cpu",
    threads: int = 1,
) -> str:
    """The report on table1 ... table4 or figure3, in Markdown; what it needs is trained first. See `dpe reproduce --help`.

    DataError on bad data, ConfigError on names that no row has, TrainingError when a training cannot go on.
    """
    _check_libraries()
    try:
        return _reproduced(what, data, BUDGETS[budget], folder / budget, seeds, systems, device, threads)
    except BrokenPipeError:
        raise
    except OSError as error:
        where = error.filename or folder
        raise DataError(
            f"{where}: cannot be read or written: {error.strerror or error}; mend that, or choose another --output"
        ) from error


def _reproduced(
    what: str,
    data: Path | None,
    chosen: Budget,
    place: Path,
    seeds: int | None,
    systems: Sequence[str],
    device: str,
    threads: int,
) -> str:
    if what == FIGURE:
        from deep_photo_enhancer.research.reproduce.swiss_roll import reproduce_swiss_roll

        return reproduce_swiss_roll(chosen, place, seeds)
    from deep_photo_enhancer.research.reproduce.reproduction import reproduce_table

    table = TABLES[what]
    _check_rows(table, systems)
    machine = {"machine.device": device, "machine.threads": threads}
    return reproduce_table(table, _photos(data, chosen, place), chosen, place, machine, seeds, systems)


def _check_libraries() -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise DPEError("dpe reproduce draws with matplotlib: pip install -c constraints.txt '.[train,reproduce]'") from error


def _check_rows(table: Table, systems: Sequence[str]) -> None:
    names = [system.name for system in table.systems]
    if unknown := [name for name in systems if name not in names]:
        raise ConfigError(f"--system {unknown[0]}: no row of {table.name}; there are {'; '.join(names)}")


def _photos(data: Path | None, budget: Budget, folder: Path) -> Prepared:
    if data is None:
        if budget.name != "smoke":
            raise DataError(f"the budget {budget.name} needs photos: --data FOLDER; see `dpe reproduce --help`")
        data = write_synthetic_photos(folder / "photos", SYNTHETIC_PHOTOS)
    elif (data / "manifest.json").exists():
        return load_prepared(data)
    return make_stand_in(data, folder, budget.image_size)
