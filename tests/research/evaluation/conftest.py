from __future__ import annotations

import pytest

from deep_photo_enhancer.research.evaluation.evaluate import evaluate
from deep_photo_enhancer.research.evaluation.results import Evaluation
from tests.research.evaluation.fixtures import darker, pairs, unchanged


@pytest.fixture(scope="session")
def evaluation() -> Evaluation:
    return evaluate({"darker": darker, "unchanged": unchanged}, pairs())
