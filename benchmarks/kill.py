"""Runs that are killed: is there ever a partial file under a final name, and does the next run complete exactly the rest?

python -m benchmarks.kill [--kills 30] [--photos 60] [--side 1500] [--seed 0]

A run over a folder is killed with SIGKILL at a random moment, again and again. After each kill every output that is there is
compared, byte by byte, with that of an undisturbed run; the next run must leave those as they are. When all is done, the
outputs are removed and it begins again. At the end a last run completes the rest.
"""

import argparse
import random
import tempfile
from pathlib import Path

from benchmarks.machine import machine
from tests.enhancement.batch.killing import kill_and_continue, make_photos


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--side", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        make_photos(photos, arguments.photos, arguments.side)
        figures = kill_and_continue(photos, Path(folder), arguments.kills, random.Random(arguments.seed))
    print(
        f"{figures.kills} kills among {figures.rounds + 1} rounds of {arguments.photos} photos: {figures.outputs_seen} outputs "
        f"looked at, {figures.partial} partial, {figures.remade} made twice; at most {figures.unfinished} hidden .part files left"
    )
    if figures.partial or figures.remade:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
