"""The options of `dpe enhance`, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deep_photo_enhancer.cli.looks import kept_metadata
from deep_photo_enhancer.cli.shared import CommandLineError
from deep_photo_enhancer.cli.targets import REPORT, STREAM, check_file
from deep_photo_enhancer.enhancement.batch import Existing, JobOptions, Plan
from deep_photo_enhancer.enhancement.batch.records import is_made_of
from deep_photo_enhancer.photo import PHOTO_SUFFIXES, SAVERS, SaveOptions
from deep_photo_enhancer.system.files import is_standard_output, is_stream, realpath
from deep_photo_enhancer.system.text import one_line


@dataclass(frozen=True)
class EnhanceOptions:
    """The options of `dpe enhance`."""

    photos: tuple[Path, ...]
    output: Path | None
    """None for outputs beside the photos and folders."""
    into_folder: bool
    """Whether the output's name ended in a slash."""
    photos_follow_output: bool
    """Whether photos were named right after the output."""
    existing: Existing | None
    format_: str | None
    quality: int | None
    strip: bool
    strip_gps: bool
    keep_times: bool
    compare: bool
    strength: float
    light: float
    colour: float
    model: str
    method: str
    device: str
    jobs: int | None
    max_megapixels: float
    watch: bool
    dry_run: bool
    report: Path | None
    quiet: bool
    verbose: bool

    def plan(self) -> Plan:
        """Which photo goes where. PhotoError when that cannot be."""
        for path in self.photos:
            if not _is_there(path):
                raise CommandLineError(one_line(f"{path}: no such file{self._remedy(path)}"))
            if self.watch and not path.is_dir():
                raise CommandLineError(one_line(f"{path}: not a folder; --watch takes folders only"))
        plan = Plan(
            self.photos, self.output, self.compare, self.existing, self.suffix, watched=self.watch, into_folder=self.into_folder
        )
        if self.photos_follow_output and self.existing is None and self.output is not None and self.output.is_file():
            raise CommandLineError(
                one_line(
                    f"{self.output}: already exists, and photos follow it, as if one pattern stood for both; name photos before "
                    "-o, or add --existing overwrite"
                )
            )
        if self.report is not None:
            check_file(self.report, REPORT, [*self.photos, Path(self.model)])
            _check_report(self.report, self.photos, plan.targets)
        return plan

    def _remedy(self, missing: Path) -> str:
        """A last name that is no photo's is meant as an output."""
        is_last = len(self.photos) > 1 and missing == self.photos[-1] and self.output is None
        if not is_last or missing.suffix.lower() in PHOTO_SUFFIXES:
            return "; check the name"
        if not missing.suffix:
            return "; put -o before the name of an output folder"
        return f", and {missing.suffix} cannot be written; end an output in one of {', '.join(SAVERS)}, or put -o before a folder"

    @property
    def reports_to_stdout(self) -> bool:
        """Whether standard output is the report's, so that nothing else may stand there."""
        return self.report is not None and (self.report == STREAM or is_standard_output(self.report))

    @property
    def suffix(self) -> str | None:
        """Of the outputs; None for that of each input."""
        return f".{self.format_}" if self.format_ else None

    def job_options(self, existing: Existing) -> JobOptions:
        """What is done to every photo."""
        return JobOptions(
            strength=self.strength,
            light=self.light,
            colour=self.colour,
            existing=existing,
            keep_times=self.keep_times,
            save=SaveOptions(self.quality, kept_metadata(self.strip, self.strip_gps)),
            max_pixels=round(self.max_megapixels * 1e6),
        )


def split_output(names: tuple[Path, ...]) -> tuple[tuple[Path, ...], Path | None]:
    """The photos and the output of a command line without -o: `in.jpg out.jpg` names an output where there is no out.jpg yet,
    or one that was made of in.jpg.

    A photo from standard input goes to standard output, and - as the second name stands for that.
    """
    if len(names) == 2 and not names[0].is_dir() and (names[1] == STREAM or _is_output(names[1], names[0])):
        return names[:1], names[1]
    return names, STREAM if names == (STREAM,) else None


def _is_output(path: Path, photo: Path) -> bool:
    if path.suffix.lower() not in SAVERS:
        return False
    return is_made_of(path, photo) if _is_there(path) else True


def _check_report(report: Path, photos: Iterable[Path], targets: Sequence[Path]) -> None:
    """CommandLineError for a report in whose place the outputs need a folder, and for one among the photos."""
    if report == STREAM or is_stream(report):
        return
    place = realpath(report)
    real_targets = list(map(realpath, targets))
    if any(place in (target, *target.parents) for target in real_targets):
        raise CommandLineError(one_line(f"{report}: becomes the outputs' folder; choose another name for the report"))
    for folder in photos:
        if folder.is_dir() and realpath(folder) in place.parents and not any(target in place.parents for target in real_targets):
            raise CommandLineError(one_line(f"{report}: lies in {folder}, where only photos are read; choose a place outside"))


def _is_there(path: Path) -> bool:
    """Also for a link that leads nowhere. OSError where nobody may look."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
