"""Nothing lost: what must be kept is kept, what must be refused is refused, in photos of every kind that other tools make.

    python -m benchmarks.corpus [PHOTOS] [--folder FOLDER] [--groups GROUP ...]

PHOTOS: a folder with cameras' and phones' own JPEGs, which add cases and lend their maker notes. Makes the corpus in FOLDER, or a
temporary one, with ExifTool, ImageMagick, libheif, libavif, libjxl, libtiff, libwebp, libjpeg-turbo and OpenJPEG from Debian;
runs `dpe enhance` on it at strength 0 and 1; and compares pixels and every tag with what those tools read. Exit status 1 when
anything is wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.corpus.checker import check_all
from benchmarks.corpus.groups import all_cases
from benchmarks.corpus.pictures import Pictures
from benchmarks.corpus.runner import Ran, run_all
from benchmarks.corpus.tools import missing_packages, run
from benchmarks.machine import machine
from deep_photo_enhancer.system.text import table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="?", type=Path, help="folder of cameras' and phones' own JPEGs")
    parser.add_argument("--folder", type=Path, help="empty folder for the corpus and its outputs, which stay there")
    parser.add_argument("--groups", nargs="*", help="only cases of these groups")
    arguments = parser.parse_args()
    missing = missing_packages()
    if missing:
        sys.exit(f"install these Debian packages first: apt-get install {' '.join(missing)}")
    with TemporaryDirectory() as temporary:
        failed = corpus(arguments.folder or Path(temporary), arguments.photos, arguments.groups)
    sys.exit(int(failed))


def corpus(folder: Path, photos: Path | None, groups: Sequence[str] | None) -> bool:
    """Print the table and the failures; whether there are any."""
    start = time.monotonic()
    pictures = Pictures(folder / "pictures")
    pictures.folder.mkdir(parents=True)
    cases = [case for case in all_cases(pictures, photos) if not groups or case.group in groups]
    runs = run_all(cases, folder)
    check_all(runs)
    print(machine())
    print(f"ExifTool {run('exiftool', '-ver').decode().strip()}, {time.monotonic() - start:.0f} s\n")
    print(group_table(runs))
    bad = [ran for ran in runs if ran.wrong]
    for ran in bad:
        print(f"\n{ran.case.group}, {ran.case.name!r} ({ran.before.parent.name}):")
        print("\n".join(f"  {words}" for words in ran.wrong))
    return bool(bad)


def group_table(runs: Sequence[Ran]) -> str:
    """Groups with their numbers of cases, as Markdown."""
    groups = dict.fromkeys(ran.case.group for ran in runs)
    rows = [(group, [ran for ran in runs if ran.case.group == group]) for group in groups]
    cells = [[group, f"{len(of)}", f"{sum(not ran.wrong for ran in of)}"] for group, of in [*rows, ("all", list(runs))]]
    return table(["group", "cases", "right"], cells)


if __name__ == "__main__":
    main()
