"""Damaged photos: every one must be read, or refused in one sentence; none may crash, hang, chatter or take much memory.

    python -m benchmarks.fuzz --count 2000

Small samples of every format are changed at random (seeded: bits flipped, ends cut off, numbers overwritten, parts moved) and
given to `load_photo` in a process of their own, which may take 1 GB of memory and 10 seconds a file.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import selectors
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.photo.fuzz_samples import mutate, samples

SECONDS = 10.0
START = 60.0
"""Seconds in which a worker must have begun."""
MEMORY = 1 << 30
OUTCOMES = ("read", "refused", "crashed", "slow", "noisy")


def fuzz(name: str, seeds: Sequence[int]) -> Counter[str]:
    """How many mutations of a sample had which of OUTCOMES. Tells of each bad one on the standard error."""
    counts: Counter[str] = Counter()
    waiting = list(seeds)
    while waiting:
        done, ending, words = _run_worker(name, waiting)
        counts.update(done)
        bad = (
            [waiting[len(done)]] if ending else [seed for seed, outcome in zip(waiting, done, strict=False) if outcome == "noisy"]
        )
        counts.update([ending] if ending else [])
        for seed in bad:
            print(f"{name}, seed {seed}: {ending or 'noisy'} {words}", file=sys.stderr)
        waiting = waiting[len(done) + bool(ending) :]
    return counts


def _run_worker(name: str, seeds: Sequence[int]) -> tuple[list[str], str | None, str]:
    """The outcome of each seed, in order; what ended the worker at the next one, if anything did; and its last words."""
    with tempfile.TemporaryFile() as words:
        command = [sys.executable, "-m", "benchmarks.fuzz", "--worker", json.dumps([name, *seeds])]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=words) as worker:
            done, late = _outcomes(worker)
            worker.kill()
        words.seek(0)
        ending = None if len(done) == len(seeds) else "slow" if late else "crashed"
        return done, ending, words.read()[-300:].decode(errors="replace").strip()


def _outcomes(worker: subprocess.Popen[bytes]) -> tuple[list[str], bool]:
    """The lines that a worker prints, and whether it was silent for too long before it had ended."""
    done: list[str] = []
    assert worker.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(worker.stdout, selectors.EVENT_READ)
        limit = START + SECONDS
        while selector.select(limit):
            line = worker.stdout.readline()
            if not line:
                return done, False
            done.append(line.decode().strip())
            limit = SECONDS
    return done, True


def work(name: str, seeds: Sequence[int]) -> None:
    """Read each mutation and print what became of it, within the memory that is allowed."""
    from deep_photo_enhancer.errors import PhotoError
    from deep_photo_enhancer.photo import load_photo

    sample = samples()[name]
    load_photo(sample, name=name)  # brings the libraries in, whose own size does not count
    limit = _mapped() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for seed in seeds:
        said = os.fstat(2).st_size
        try:
            load_photo(mutate(sample, seed), name=name)
            outcome = "read"
        except PhotoError as error:
            outcome = "refused" if str(error).startswith(f"{name}: ") and "\n" not in str(error) else "noisy"
        print(outcome if os.fstat(2).st_size == said else "noisy", flush=True)


def _mapped() -> int:
    """Bytes of address space that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="mutations in all")
    parser.add_argument("--formats", nargs="*", help="of these samples only")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        name, *seeds = json.loads(arguments.worker)
        work(name, seeds)
        return
    names = arguments.formats or list(samples())
    share = -(-arguments.count // len(names))
    print(f"{'format':<18}" + "".join(f"{outcome:>9}" for outcome in OUTCOMES) + "  seconds")
    for name in names:
        start = time.monotonic()
        counts = fuzz(name, range(share))
        print(f"{name:<18}" + "".join(f"{counts[key]:>9}" for key in OUTCOMES) + f"{time.monotonic() - start:>9.0f}", flush=True)


if __name__ == "__main__":
    main()
