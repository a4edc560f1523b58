"""A stand-in like FiveK for `dpe reproduce --data`, of pairs that lie in two folders: links to them, and a list of test photos.

python -m benchmarks.stand_in X Y -o FOLDER [--only "*"] [--keep PATTERN] [--test 500]

X and Y hold the inputs and their labels under the same names but for the suffixes. FOLDER gets flat/ (X), finished/ (Y) and
test.txt. Of the pairs whose input's name fits --only or --keep, those of --keep are test photos, and so many others, drawn with a
fixed seed, that there are --test in all.
"""

import argparse
import random
from fnmatch import fnmatch
from pathlib import Path

from deep_photo_enhancer.research.fivek.manifest import TEST_LIST
from deep_photo_enhancer.research.reproduce.photos import FINISHED, FLAT
from deep_photo_enhancer.training.data.files import match_pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--only", default="*", help="pattern of names to learn from")
    parser.add_argument("--keep", default="", help="pattern of names to test with")
    parser.add_argument("--test", type=int, default=500)
    arguments = parser.parse_args()
    matches = match_pairs(arguments.inputs, arguments.labels)
    if matches.problems:
        raise SystemExit("\n".join(matches.problems))
    kept = [pair for pair in matches.pairs if fnmatch(pair[0].name, arguments.keep)]
    others = [pair for pair in matches.pairs if fnmatch(pair[0].name, arguments.only) and pair not in kept]
    random.Random(0).shuffle(others)
    test, train = kept + others[: max(0, arguments.test - len(kept))], others[max(0, arguments.test - len(kept)) :]
    for x, y in test + train:
        link(x, arguments.output / FLAT)
        link(y, arguments.output / FINISHED)
    (arguments.output / TEST_LIST).write_text("".join(f"{x.name}\n" for x, _ in test), encoding="utf-8")
    print(f"{arguments.output}: {len(train)} pairs to learn from, {len(test)} to test with")


def link(photo: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / photo.name).symlink_to(photo.resolve())


if __name__ == "__main__":
    main()
