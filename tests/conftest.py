from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from deep_photo_enhancer.enhancement import models
from deep_photo_enhancer.enhancement.enhancer import Enhancer
from tests.onnx_files import MODELS, write_model

if TYPE_CHECKING:
    from playwright.sync_api import Browser

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch comes: what is trained here is too small for more
QUIET = (
    "--no-sandbox --disable-background-networking --no-first-run --disable-component-update --disable-sync "
    "--use-angle=swiftshader --enable-unsafe-swiftshader"
)
"""Also WebGL without a GPU."""
COMMANDS = ("data", "evaluate", "hostile_names", "study")
NEED_TORCH = ["training", "research", *(f"cli/test_{name}.py" for name in COMMANDS)]
NEEDS = {"torch": NEED_TORCH, "fastapi": ["web"], "ray": ["archive"]}
collect_ignore = [path for library, paths in NEEDS.items() if find_spec(library) is None for path in paths]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite runs in two processes; files and tests that are named run in this one."""
    return 2 if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


@pytest.fixture(autouse=True)
def no_models_of_ones_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see an empty folder of a user's own models, on every system."""
    folder = tmp_path_factory.getbasetemp() / "user" / str(uuid4())
    monkeypatch.setattr(models, "user_data_path", lambda *_names, **_options: folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium, driven by playwright; the test is skipped where either is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("needs a browser: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=QUIET.split())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def model_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One .onnx file for each kind of model of known effect: see tests/onnx_files.py."""
    folder = tmp_path_factory.mktemp("models")
    return {kind: write_model(folder / f"{kind}.onnx", kind) for kind in MODELS}


@pytest.fixture(scope="session")
def identity(model_files: dict[str, Path]) -> Enhancer:
    """y = x."""
    return Enhancer(model_files["identity"])


@pytest.fixture(scope="session")
def lift(model_files: dict[str, Path]) -> Enhancer:
    """y = 0.8 x + 0.1."""
    return Enhancer(model_files["lift"])
