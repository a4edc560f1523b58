"""The examples of docs/web.md, run against a server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.enhancing_fixtures import smooth_photo
from tests.web.serving import Served

PAGE = Path(__file__).parents[2] / "docs" / "web.md"
EXAMPLES = {
    "curl": ("sh", "curl", ["sh", "-e"], "better.jpg"),
    "httpx": ("python", "httpx", [sys.executable, "-"], "better.png"),
    "JavaScript": ("js", "FormData", ["node", "--input-type=module"], "better.jpg"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_enhances_a_photo(site: Served, tmp_path: Path, name: str) -> None:
    language, word, command, output = EXAMPLES[name]
    if shutil.which("curl" if name == "curl" else command[0]) is None:
        pytest.skip(f"needs {command[0]}")
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (example,) = (block for block in blocks if word in block)
    Image.fromarray(smooth_photo()).save(tmp_path / "portrait.jpg")
    example = example.replace("http://localhost:8010", site.url)
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    ended = subprocess.run(command, input=example, text=True, cwd=tmp_path, env=environment, capture_output=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    with Image.open(tmp_path / output) as better:
        assert better.size == (90, 60)
