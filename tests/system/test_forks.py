from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are of POSIX")

POOL = """
import multiprocessing, sys
import numpy as np
import deep_photo_enhancer as dpe
PHOTO = np.full((20, 30, 3), 90, np.uint8)
def enhance(_number):
    try:
        return dpe.enhance(PHOTO).shape
    except RuntimeError as error:
        return str(error)
def save(_number):
    try:
        return len(dpe.Photo(PHOTO).to_bytes(".jpg")) > 100
    except RuntimeError as error:
        return str(error)
if sys.argv[1] == "after":
    enhance(0)
if sys.argv[1] == "after header":
    from deep_photo_enhancer.photo.small_copies import upright_size
    upright_size(sys.argv[3])
with multiprocessing.get_context(sys.argv[2]).Pool(2) as pool:
    print(pool.map_async(enhance, range(3)).get(60))
    print(pool.map_async(save, range(3)).get(60))
"""


def run(*arguments: str) -> list[str]:
    command = [sys.executable, "-W", "ignore", "-c", POOL, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.splitlines()


def test_a_pool_that_was_forked_after_work_gets_an_error_at_once() -> None:
    for line in run("after", "fork"):
        assert line.count("this process was forked after its parent had read, enhanced or written photos") == 3
        assert "spawn or forkserver" in line


def test_reading_a_header_counts_as_work(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "photo.png")
    for line in run("after header", "fork", str(tmp_path / "photo.png")):
        assert line.count("this process was forked after its parent had read") == 3


def test_a_pool_that_was_forked_before_any_work_works() -> None:
    assert run("before", "fork") == [str([(20, 30, 3)] * 3), str([True] * 3)]
