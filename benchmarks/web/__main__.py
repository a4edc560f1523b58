"""`dpe web` under load, under attack, and before somebody's eyes. Ends with a status of 1 where a bar is broken.

    python -m benchmarks.web load [--photos 60] [--seconds 60] [--requests 2000]
    python -m benchmarks.web hostile [--uploads 2000] [--seed 0]
    python -m benchmarks.web view [--runs 5]

load: 8 clients through POST /api/enhance against `dpe enhance` on the same folder; twice as many requests as the server can do;
memory of the server and its workers over many small requests.
hostile: damaged uploads, slow connections, lying lengths, many headers, tricks in names, other sites' headers, guessed tokens and
killed workers, while an honest client goes on; all that is not attacked must be right.
view: in chromium, from the drop of a photo of 24 megapixels to its first enhanced view, frames a second while a slider moves, and
how far the screen is from the product's own result.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["load", "hostile", "view"])
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--uploads", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if arguments.what == "load":
            from benchmarks.web.load import load

            bars = load(folder, arguments.photos, arguments.seconds, arguments.requests)
        elif arguments.what == "hostile":
            from benchmarks.web.hostile import hostile

            bars = hostile(folder, arguments.uploads, arguments.seed)
        else:
            from benchmarks.web.view import view

            bars = view(folder, arguments.runs)
    bars.check()


if __name__ == "__main__":
    main()
