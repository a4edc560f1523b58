"""What does it cost that outputs are asked for the settings that made them, and that they are told them?

python -m benchmarks.records [--photos 2000] [--side 160] [--runs 5]

Small photos whose outputs are all there: `without` finds the photos and looks whether their outputs are complete and not
older, without the search for a record; `with` asks each output for its record, too. Medians of `--runs`, the two in turn, in one
process whose files are in the system's cache. `command` is the whole second run. `recording` is what a photo of 24 megapixels
takes longer to be made.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from unittest.mock import patch

from benchmarks.machine import machine
from deep_photo_enhancer.enhancement.batch import Job, JobOptions, Plan, Records, existing, is_done
from deep_photo_enhancer.enhancement.batch.records import source_digest
from deep_photo_enhancer.enhancement.bench.measure import measure_seconds, run_command, synthetic_photo
from deep_photo_enhancer.enhancement.models import find_model
from deep_photo_enhancer.system.text import table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    print(machine())
    records = Records(find_model("natural"), "fast", JobOptions(existing="update"))
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            measure(Path(folder), arguments.photos, arguments.side, arguments.runs, records, suffix)
            for suffix in (".jpg", ".png")
        ]
        print(table(rows[0], [row.values() for row in rows]))
        print(f"\nrecording: {1000 * recording(Path(folder), arguments.runs, records):.1f} ms")


def measure(folder: Path, count: int, side: int, runs: int, records: Records, suffix: str) -> dict[str, str]:
    """One row of the table: photos of one format."""
    photos, output = folder / f"photos{suffix}", folder / f"out{suffix}"
    fill(photos, output, count, side, records, suffix)
    plan = Plan([photos], output)
    without, asked = [], []
    for _ in range(runs):
        with patch.object(existing, "find_record", lambda _data: None):
            without.append(measure_seconds(lambda: check(is_done, plan)))
        asked.append(measure_seconds(lambda: check(lambda job: records.state(job) == "same", plan)))
    command = median(run_command(photos, output)[0] for _ in range(3))
    return {
        "format": suffix[1:],
        "photos": f"{count}",
        "without, s": f"{median(without):.3f}",
        "with, s": f"{median(asked):.3f}",
        "more a photo, µs": f"{1e6 * (median(asked) - median(without)) / count:.0f}",
        "command, s": f"{command:.2f}",
        "command with / without": f"{command / (command - median(asked) + median(without)):.2f}",
    }


def fill(photos: Path, output: Path, count: int, side: int, records: Records, suffix: str) -> None:
    """Photos and their outputs, with records."""
    photo = synthetic_photo(side, side * 2 // 3)
    with_record = records.embed(photo, "", suffix)
    for folder, content in ((photos, photo.to_bytes(suffix)), (output, with_record.to_bytes(suffix))):
        folder.mkdir()
        for number in range(count):
            (folder / f"{number:05}{suffix}").write_bytes(content)


def check(holds: Callable[[Job], bool], plan: Plan) -> None:
    assert all(holds(job) for job in plan)


def recording(folder: Path, runs: int, records: Records) -> float:
    """Seconds for one photo of 24 megapixels: the packet, and the look whether it is in the output."""
    photo = synthetic_photo(6000, 4000)
    job = Job(folder / "large.jpg", folder / "large-enhanced.jpg")

    def record() -> None:
        records.embed(photo, source_digest(job.source), ".jpg")
        assert records.keep(job) == ()

    photo.save(job.source)
    records.embed(photo, source_digest(job.source), ".jpg").save(job.output)
    return median(measure_seconds(record) for _ in range(runs))


if __name__ == "__main__":
    main()
