from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deep_photo_enhancer.system.streams import is_terminal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a shell closes them")

OPEN = """
import os, sys
from deep_photo_enhancer.system.streams import CLOSED, open_closed_streams
open_closed_streams()
number = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
print("said", file=sys.stderr)
os.write(number, repr((sorted(CLOSED), number > 2, sys.stdin.read())).encode())
"""


@pytest.mark.parametrize(
    ("closing", "expected"),
    [
        ("</dev/null", []),
        ("<&-", ["stdin"]),
        (">&-", ["stdout"]),
        ("2>&-", ["stderr"]),
        ("<&- >&- 2>&-", ["stderr", "stdin", "stdout"]),
    ],
)
def test_files_get_no_number_of_a_closed_stream(tmp_path: Path, closing: str, expected: list[str]) -> None:
    shell = f'"$0" -c "$1" "$2" {closing}'
    subprocess.run(["sh", "-c", shell, sys.executable, OPEN, tmp_path / "file"], check=True, stdin=subprocess.DEVNULL)
    assert (tmp_path / "file").read_text() == repr((expected, True, ""))


def test_what_is_closed_is_no_terminal() -> None:
    assert not is_terminal(None)
