from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deep_photo_enhancer.web.limits import Limits
from tests.web.serving import Served, served


@pytest.fixture(scope="package")
def site(model_files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with one worker, two models of known effect and a folder to save into."""
    models = {"lift": model_files["lift"], "gains": model_files["gains"]}
    with served(models, Limits(workers=1, pixels=1_000_000), output=tmp_path_factory.mktemp("output")) as site:
        yield site
