"""Size of a new environment after `pip install .`, and whether torch is in it.

python -m benchmarks.install_size
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from benchmarks.machine import machine

PROJECT = Path(__file__).parent.parent


def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        empty = megabytes(Path(folder))
        subprocess.run([python, "-m", "pip", "install", "-q", "-c", "constraints.txt", "."], cwd=PROJECT, check=True)
        listing = subprocess.run([python, "-m", "pip", "list", "--format", "freeze"], capture_output=True, text=True, check=True)
        names = [line.split("==")[0] for line in listing.stdout.splitlines()]
        print(f"empty environment {empty:.0f} MB, with the package {megabytes(Path(folder)):.0f} MB")
        print(f"torch in it: {'yes' if 'torch' in names else 'no'}; packages: {', '.join(names)}")
    sys.exit("torch" in names)


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


if __name__ == "__main__":
    main()
