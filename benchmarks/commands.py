"""Runs every `dpe` line of README and the documents, in a folder that holds what they name: what takes long is interrupted.

python -m benchmarks.commands [DOCUMENT...] [--seconds 40]
"""

import argparse
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from deep_photo_enhancer.enhancement.models import BUNDLED
from deep_photo_enhancer.research.reproduce.synthetic import write_synthetic_photos
from deep_photo_enhancer.training.config import load_config
from deep_photo_enhancer.training.recipes import find_recipe
from deep_photo_enhancer.training.trainer import train
from tests.test_documents import PROJECT, commands

DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
EXAMPLES = PROJECT / "examples" / "photos"
NOT_HERE = ("data/fivek", "cuda", "pairs/", "STANDIN", "runs/two-way", "runs/global-unet", "s3://", "no votes yet")
"""What a line, its recipe or its last sentence names that this machine has not: it has to be refused in one sentence."""
FOLDERS = ("holiday", "photos", "taken", "retouched", "othertool", "ours", "incoming")
FILES = ("portrait.jpg", "photo.jpg", "in.jpg")
VOTES = "participant,photo,winner,loser\n" + "".join(f"{person},a,ours,theirs\n{person},b,theirs,ours\n" for person in "123")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", nargs="*", type=Path, default=DOCUMENTS)
    parser.add_argument("--seconds", type=float, default=40, help="after which a command gets the signal of Ctrl-C")
    arguments = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as root:
        template = make_world(Path(root) / "template")
        for document in map(Path.resolve, arguments.documents):
            world = Path(root) / document.stem
            shutil.copytree(template, world)
            for line in commands(document):
                outcome = run(line, world, arguments.seconds)
                failed += outcome.startswith("FAILED")
                print(f"{document.name}: {shlex.join(line)}: {outcome}", flush=True)
    sys.exit(failed > 0)


def make_world(folder: Path) -> Path:
    """Photos under the names that the documents give them, two runs of one step, a look that was learned, and votes."""
    for name in FOLDERS:
        shutil.copytree(EXAMPLES, folder / name)
    (folder / "examples").mkdir()
    shutil.copytree(EXAMPLES, folder / "examples" / "photos")
    for name in FILES:
        shutil.copy(EXAMPLES / "dogs-at-window.jpg", folder / name)
    for name in ("my/good-photos", "my/inputs", "my/labels"):
        write_synthetic_photos(folder / name, 40)
    write_cuts(folder / "liked", 40)
    shutil.copy(BUNDLED / "natural.onnx", folder / "mylook.onnx")
    (folder / "votes.csv").write_text(VOTES)
    for name, recipe, architecture in (("cyclegan", "cyclegan", "8resblk"), ("dped", "supervised", "dped")):
        train(load_config(find_recipe(recipe), small_run(folder, name, architecture)))
    return folder


def write_cuts(folder: Path, count: int) -> None:
    """Different squares of 256 pixels of the example photos, which is what `dpe learn` takes at the least."""
    folder.mkdir()
    photos = [Image.open(path) for path in sorted(EXAMPLES.glob("*.jpg"))]
    for i in range(count):
        left, top = 6 * i, 4 * i
        photos[i % len(photos)].crop((left, top, left + 256, top + 256)).save(folder / f"{i:02d}.jpg")


def small_run(folder: Path, name: str, architecture: str) -> list[str]:
    settings = {
        "run": folder / "runs" / name,
        "network.architecture": architecture,
        "network.image_size": 64,
        "network.width": 0.125,
        "data.inputs": f"[{folder / 'my' / 'inputs'}]",
        "data.labels": f"[{folder / 'my' / 'labels'}]",
        "data.validation": "null",
        "data.cache": "null",
        "optimiser.steps": 1,
        "machine.workers": 0,
    }
    return [f"{key}={value}" for key, value in settings.items()]


def run(line: list[str], world: Path, seconds: float) -> str:
    """What became of a command: a word or two; FAILED with its output where that is not as it should be.

    The root of all paths is the world's folder.
    """
    words = [str(world / word[1:]) if word.startswith("/") else word for word in line[1:]]
    command = [sys.executable, "-m", "deep_photo_enhancer", *words]
    process = subprocess.Popen(command, cwd=world, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        output, _ = process.communicate(timeout=seconds)
        interrupted = False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate()
        interrupted = True
    sentence = output.strip().splitlines()[-1] if output.strip() else ""
    needed = any(name in text for name in NOT_HERE for text in (*line, sentence))
    if "Traceback" not in output:
        if needed and process.returncode in (1, 2):
            return f"refused: {sentence}"
        if interrupted and not needed and process.returncode in (0, 1, 130):
            return f"interrupted: {sentence}"
        if not needed and process.returncode == 0:
            return "done"
    return f"FAILED with status {process.returncode}\n{output}"


if __name__ == "__main__":
    main()
