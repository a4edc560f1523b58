from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.synthetic import synthetic_photo, write_photo


def test_enhancing_leaves_nothing_of_onnx_runtimes_telemetry(tmp_path: Path) -> None:
    photo = write_photo(tmp_path / "photo.png", synthetic_photo(0))
    home = tmp_path / "home"
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    command = [sys.executable, "-m", "deep_photo_enhancer", "enhance", str(photo), "-o", str(tmp_path / "out.png")]
    subprocess.run(command, check=True, env=environment | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")})
    assert (tmp_path / "out.png").exists()
    assert [path for path in home.rglob("*") if "onnx" in path.name.lower() or "deviceid" in path.name] == []


def test_a_users_own_choice_stays() -> None:
    code = "import deep_photo_enhancer.enhancement.runtime, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    for choice, expected in (({}, "1"), ({"ORT_DISABLE_TELEMETRY": "0"}, "0")):
        environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"} | choice
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected
