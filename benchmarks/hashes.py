"""Does a change of the code leave every output as it was? SHA-256 of what `dpe enhance` makes of folders of photos.

python -m benchmarks.hashes FOLDER [FOLDER ...] -o before.txt           before the change
python -m benchmarks.hashes FOLDER [FOLDER ...] --compare before.txt    after it; exit status 1 for any difference

Each folder goes through strength 0, strength 1 and the native method. `benchmarks.corpus --folder CORPUS` leaves folders of every
format in CORPUS/*/in. --python runs another installation.
"""

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

MODES = (("--strength", "0"), ("--strength", "1"), ("--method", "native"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--python", default=sys.executable, help="of the installation that enhances")
    end = parser.add_mutually_exclusive_group(required=True)
    end.add_argument("-o", "--output", type=Path, help="file to write the hashes to")
    end.add_argument("--compare", type=Path, help="file that an earlier run wrote")
    arguments = parser.parse_args()
    made = [line for folder in arguments.folders for mode in MODES for line in hashes(arguments.python, folder, mode)]
    if arguments.output:
        arguments.output.write_text("".join(f"{line}\n" for line in made), encoding="utf-8")
        print(f"{len(made)} outputs")
        return
    before = set(arguments.compare.read_text(encoding="utf-8").splitlines())
    differing = sorted(before ^ set(made))
    print("\n".join([*differing, f"{len(made)} outputs, {len(before)} before, {len(differing)} lines differ"]))
    sys.exit(bool(differing))


def hashes(python: str, folder: Path, mode: tuple[str, str]) -> list[str]:
    """One line for each output: its hash, the mode and its name, escaped."""
    with TemporaryDirectory() as temporary:
        command = [python, "-m", "deep_photo_enhancer", "enhance", str(folder), "-o", f"{temporary}/", *mode, "--jobs", "1", "-q"]
        subprocess.run(command, check=False, capture_output=True, cwd=temporary)
        outputs = sorted(path for path in Path(temporary).rglob("*") if path.is_file())
        return [
            f"{hashlib.sha256(path.read_bytes()).hexdigest()} {' '.join(mode)} {folder} {str(path.relative_to(temporary))!a}"
            for path in outputs
        ]


if __name__ == "__main__":
    main()
