"""Makes the page tour.md in docs, the transcript of a first session: every line in it was typed and answered as it stands there.

python -m benchmarks.tour
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import deep_photo_enhancer as dpe
from benchmarks.machine import machine
from deep_photo_enhancer.photo.small_copies import small_copy
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.system.signals import INTERRUPTED

PROJECT = Path(__file__).parent.parent
PAGE = PROJECT / "docs" / "tour.md"
SHEET = PROJECT / "docs" / "pictures" / "tour.jpg"
EXAMPLES = PROJECT / "examples" / "photos"
LIKED_SIZE = 2048
"""Long side in pixels that the liked photos are cut from."""
CROPS = 6
"""Parts of each of the five large example photos that are liked."""
HEAD = """# A first session

Made by `python -m benchmarks.tour`: what follows was typed and answered as it stands here, in a folder with the six photos of
`examples/photos` as `holiday/`. README's first line has installed the package before.
"""


@dataclass(frozen=True)
class Step:
    """A command and why it is given."""

    title: str
    text: str
    command: str
    seconds: float | None = None
    """After which Ctrl-C is pressed."""


STEPS = (
    Step("Enhance a folder", "The photos stay as they are; the new ones stand beside the folder.", "dpe enhance holiday/"),
    Step(
        "Change the strength",
        "What was made with another strength is made again.",
        "dpe enhance holiday/ -s 0.6",
    ),
    Step(
        "Compare",
        "A photo as models, methods and strengths make it, to choose from; `-o looks.html` makes a page of it.",
        "dpe compare holiday/dogs-at-window.jpg --models natural,clhe --strengths 0.5,1 -o looks.png",
    ),
    Step(
        "Learn a look",
        "`liked/` has 30 photos of one look: here they are parts of the example photos that the classical method `fllf` has "
        "made crisp. Ctrl-C after seven and a half minutes ends the learning early; the whole of it is better.",
        "dpe learn liked/ -o mylook.onnx",
        450,
    ),
    Step("Use the look", "", "dpe enhance holiday/ -o crisp/ --model mylook.onnx"),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder)
        shutil.copytree(EXAMPLES, world / "holiday", ignore=shutil.ignore_patterns("*.md"))
        write_liked(world / "liked")
        parts = [HEAD, f"Machine: {machine()}.\n"]
        parts += [section(step, *answer(step, world)) for step in STEPS]
        dpe.load_photo(world / "looks.png").save(SHEET)
    with atomic_write(PAGE) as unfinished:
        unfinished.write_text("\n".join(parts), encoding="utf-8")
    print(f"wrote {PAGE}")


def write_liked(folder: Path) -> None:
    """Parts of the large example photos, in one look."""
    folder.mkdir()
    crisp = dpe.Enhancer(method="fllf")
    for path in sorted(EXAMPLES.glob("*.jpg")):
        small = small_copy(path, LIKED_SIZE)
        if max(small.shape) == LIKED_SIZE:
            parts = np.array_split(crisp(small), CROPS, axis=int(np.argmax(small.shape)))
            for i, part in enumerate(parts):
                dpe.Photo(part.copy()).save(folder / f"{path.stem}-{i}.jpg")


def answer(step: Step, world: Path) -> tuple[str, float]:
    """What the command printed, and how long it took in seconds. It has to succeed."""
    program = [sys.executable, "-m", "deep_photo_enhancer", *step.command.split()[1:]]
    start = time.perf_counter()
    process = subprocess.Popen(program, cwd=world, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ)
    expected = {0}
    try:
        printed, _ = process.communicate(timeout=step.seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate()
        expected = {0, INTERRUPTED}
    if process.returncode not in expected:
        sys.exit(f"{step.command}: exit status {process.returncode}\n{printed}")
    return printed, time.perf_counter() - start


def section(step: Step, printed: str, seconds: float) -> str:
    return "\n".join(
        [f"## {step.title}\n", *([f"{step.text}\n"] if step.text else []), f"```sh\n{step.command}\n```\n"]
        + ([f"```text\n{printed.rstrip()}\n```\n"] if printed.strip() else [])
        + [f"{seconds:.{0 if seconds >= 10 else 1}f} seconds.\n"]
        + (["![The photo as taken and in its looks](pictures/tour.jpg)\n"] if "looks.png" in step.command else [])
    )


if __name__ == "__main__":
    main()
