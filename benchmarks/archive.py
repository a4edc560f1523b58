"""Nothing lost in an archive of your own: every file of a folder through the command, and what other tools say of the outputs.

    python -m benchmarks.archive FOLDER [--tolerance 4] [--at-once 50] [--model MODEL]

All files in FOLDER and in the folders in it, of whatever kind, go through `dpe enhance` at strength 0, whose pixels must be the
photo's own, and at strength 1. ExifTool, ImageMagick, libheif, libjxl and OpenJPEG compare pixels, profile, depth, orientation
and every tag, as benchmarks/corpus does. The archive is only read; outputs lie in a temporary folder, those of `--at-once`
photos at a time.

    right       nothing differs that may not
    warned      something differs, and the command said so
    refused     a line says why
    unchecked   no other tool can read the photo, or its output
    wrong       something differs without a word, or the command broke: exit status 1
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.corpus.case import Case
from benchmarks.corpus.checker import check
from benchmarks.corpus.listing import Listing, file_type, listings
from benchmarks.corpus.runner import Ran, read_report
from benchmarks.corpus.tools import PACKAGES
from benchmarks.machine import machine
from deep_photo_enhancer.system.text import one_line, table

READERS = ("exiftool", "convert-im6.q16", "heif-convert", "djxl", "opj_decompress")
FATES = ("right", "warned", "refused", "unchecked", "wrong")
LOSSLESS = ("PNG", "TIFF")
"""ExifTool's names of the formats whose outputs have the very pixels at strength 0."""


@dataclass(frozen=True)
class Verdict:
    """What became of a file."""

    path: Path
    kind: str
    """ExifTool's name of its format, or its suffix."""
    fate: str
    words: Sequence[str] = field(default=())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tolerance", type=float, default=4.0, help="mean difference that compression may make, in codes")
    parser.add_argument("--at-once", type=int, default=50, help="photos whose outputs lie on the disk at the same time")
    parser.add_argument("--model", default="natural")
    arguments = parser.parse_args()
    missing = sorted({PACKAGES[command] for command in READERS if which(command) is None})
    if missing:
        sys.exit(f"install these Debian packages first: apt-get install {' '.join(missing)}")
    print(f"{machine()}\n")
    paths = sorted(path for path in arguments.folder.rglob("*") if path.is_file() and not path.is_symlink())
    verdicts = []
    for first in range(0, len(paths), arguments.at_once):
        for verdict in judge(paths[first : first + arguments.at_once], arguments.model, arguments.tolerance):
            verdicts.append(verdict)
            if verdict.fate not in ("right", "refused"):
                print(one_line(f"{verdict.fate}: {verdict.path}: {'; '.join(verdict.words)}"), flush=True)
    print(f"\n{summary(verdicts)}")
    reasons = Counter("; ".join(verdict.words).split(": ")[-1] for verdict in verdicts if verdict.fate == "refused")
    print("".join(f"\nrefused, {count}: {one_line(reason)}" for reason, count in reasons.most_common()))
    sys.exit(int(any(verdict.fate == "wrong" for verdict in verdicts)))


def summary(verdicts: Sequence[Verdict]) -> str:
    """Formats with their numbers of files, as Markdown."""
    counts = Counter((verdict.kind, verdict.fate) for verdict in verdicts)
    kinds = sorted({verdict.kind for verdict in verdicts})
    rows = [[kind, *(str(counts[kind, fate]) for fate in FATES)] for kind in kinds]
    return table(
        ["format", *FATES], [*rows, ["all", *(str(sum(verdict.fate == fate for verdict in verdicts)) for fate in FATES)]]
    )


def judge(paths: Sequence[Path], model: str, tolerance: float) -> Iterator[Verdict]:
    """Enhance the files and compare."""
    with TemporaryDirectory() as temporary:
        runs = [enhance(paths, Path(temporary) / strength, strength, model) for strength in ("0", "1")]
        enhanced = [path for path in paths if all(entries.get(str(path), {}).get("output") for entries in runs)]
        outputs = [[Path(entries[str(path)]["output"]) for path in enhanced] for entries in runs]
        before = dict(zip(enhanced, listings(enhanced), strict=True))
        after = dict(zip(enhanced, listings(outputs[1]), strict=True))
        untouched = dict(zip(enhanced, outputs[0], strict=True))
        for path in paths:
            entry = runs[1].get(str(path), {})
            if path in before:
                yield compare(path, untouched[path], entry, (before[path], after[path]), tolerance)
            else:
                yield refusal(path, entry)


def enhance(paths: Sequence[Path], folder: Path, strength: str, model: str) -> dict[str, dict[str, Any]]:
    """The report's entries on the files, by their names."""
    report = folder.with_suffix(".json")
    command = [sys.executable, "-m", "deep_photo_enhancer", "enhance", "-q", "-o", f"{folder}/", "--report", str(report)]
    command += ["--strength", strength, "--model", model, "--", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode not in (0, 1) or b"Traceback" in done.stderr:
        sys.exit(f"dpe enhance broke: {done.stderr[-2000:].decode(errors='replace')}")
    return read_report(report)


def compare(path: Path, untouched: Path, entry: dict[str, Any], tags: tuple[Listing, Listing], tolerance: float) -> Verdict:
    """tags: of the photo and of its output."""
    before, after = tags
    is_exact = file_type(after) in LOSSLESS
    case = Case("archive", path.name, lambda _path: None, tolerance=0.0 if is_exact else tolerance)
    ran = Ran(case, path, Path(entry["output"]), untouched, entry, wrong=[])
    warnings = list(entry["warnings"])
    try:
        check(ran, before, after)
    except (RuntimeError, ValueError) as error:
        return Verdict(path, file_type(before), "unchecked", [" ".join(str(error).split())[:200]])
    fate = "right" if not ran.wrong else "warned" if warnings else "wrong"
    return Verdict(path, file_type(before), fate, [*ran.wrong, *(f"said: {each}" for each in warnings)])


def refusal(path: Path, entry: dict[str, Any]) -> Verdict:
    """Of a file without output: a sentence, or nothing at all."""
    error = str(entry.get("error") or "")
    is_clear = entry.get("status") == "failed" and error and "please report" not in error and "\n" not in error
    return Verdict(path, path.suffix.lower() or "none", "refused" if is_clear else "wrong", [error or json.dumps(entry)])


if __name__ == "__main__":
    main()
