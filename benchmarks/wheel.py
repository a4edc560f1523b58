"""Sdist and wheels: their names, what is in them, and the example in a new environment that has no compiler.

python -m benchmarks.wheel
"""

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

PROJECT = Path(__file__).parent.parent
EXAMPLES = PROJECT / "examples" / "photos"
WITHOUT_COMPILER = {**os.environ, "CC": "no-compiler-here", "CXX": "no-compiler-here"}
"""The environment of a machine that cannot compile."""
COMPILED = r"deep_photo_enhancer-[\d.]+-cp310-abi3-\w+\.whl"
PLAIN = r"deep_photo_enhancer-[\d.]+-py3-none-any\.whl"
"""What wheels are named with and without a compiler."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        sdist, wheel = build(PROJECT, root / "dist", "--sdist", "--wheel")
        check(re.fullmatch(COMPILED, wheel.name) is not None, f"{wheel.name}: for one stable ABI")
        files = package_files()
        check(files <= files_of(wheel), f"all {len(files)} files of the package are in it")
        check(not relative_links(wheel), "the index's page has no link to a file that is not there")
        source = unpack(sdist, root / "source")
        check_plain_wheel_of_changed_source(source, root)
        check_example(wheel, root / "environment", root / "better")


def build(source: Path, output: Path, *kinds: str, environment: dict[str, str] | None = None) -> list[Path]:
    """Build into a new folder; returns its files, the sdist first."""
    subprocess.run(
        [sys.executable, "-m", "build", *kinds, "--outdir", output, source], check=True, capture_output=True, env=environment
    )
    return sorted(output.iterdir(), key=lambda path: path.suffix != ".gz")


def package_files() -> set[str]:
    """What git keeps of the package, by its place in a wheel."""
    listed = subprocess.run(["git", "ls-files", "src"], cwd=PROJECT, check=True, capture_output=True, text=True)
    return {name.removeprefix("src/") for name in listed.stdout.splitlines()}


def unpack(sdist: Path, folder: Path) -> Path:
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.iterdir())


def files_of(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def relative_links(wheel: Path) -> list[str]:
    archive = zipfile.ZipFile(wheel)
    metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    return re.findall(r"\]\((?!https:)[^)]*\)", archive.read(metadata).decode())


def check_plain_wheel_of_changed_source(source: Path, root: Path) -> None:
    """Built twice in one folder: what left the source leaves the wheel. Without a compiler, it is for all machines."""
    gone = source / "src" / "deep_photo_enhancer" / "gone.py"
    gone.touch()
    (first,) = build(source, root / "first", "--wheel")
    check("deep_photo_enhancer/gone.py" in files_of(first), "the sdist builds, too")
    gone.unlink()
    (second,) = build(source, root / "second", "--wheel", environment=WITHOUT_COMPILER)
    check(re.fullmatch(PLAIN, second.name) is not None, f"{second.name}: without a compiler")
    stale = {name for name in files_of(second) if "gone" in name or name.endswith(".so")}
    check(not stale, "nothing of an earlier build is in it")


def check_example(wheel: Path, environment: Path, better: Path) -> None:
    """The wheel alone, in a new environment."""
    venv.create(environment, with_pip=True)
    programs = environment / "bin"
    install: list[str | Path] = [programs / "pip", "install", "-q", "-c", PROJECT / "constraints.txt", wheel]
    subprocess.run(install, check=True, env=WITHOUT_COMPILER)
    compiled = "from deep_photo_enhancer.enhancement.kernel import IS_COMPILED; print(IS_COMPILED)"
    printed = subprocess.run([programs / "python", "-c", compiled], check=True, capture_output=True, text=True, cwd=environment)
    check(printed.stdout == "True\n", "its inner loop is compiled")
    subprocess.run([programs / "dpe", "enhance", EXAMPLES, "-o", better], check=True, capture_output=True, cwd=environment)
    photos = {path.name for path in EXAMPLES.glob("*.jpg")}
    check({path.name for path in better.iterdir()} == photos, f"it enhances the {len(photos)} example photos")


def check(holds: bool, sentence: str) -> None:
    if not holds:
        sys.exit(f"not so: {sentence}")
    print(sentence)


if __name__ == "__main__":
    main()
