from __future__ import annotations

from typing import Any

import pytest

from deep_photo_enhancer.training.data.config import DataConfig


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"labels": ()}, "at least one folder"),
        ({"flatten_inputs": True}, "flatten_inputs needs inputs"),
        ({"fit": "stretch"}, "fit is pad or crop, not stretch"),
        ({"crop": 0.0}, "crop is a share"),
        ({"crop": 1.5}, "crop is a share"),
        ({"crop": float("nan")}, "crop is a share"),
        ({"validation_share": 1.0}, "validation_share is above 0 and at most 0.5"),
        ({"validation_share": 0.0}, "validation_share is above 0 and at most 0.5"),
        ({"label_statistics": (110.0, 50.0)}, "four numbers: luma_mean"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        DataConfig(**{"labels": ("photos",), **settings})


def test_possible_settings_are_taken() -> None:
    config = DataConfig(("a", "b"), inputs=("c", "d"), flatten_inputs=True, fit="crop", crop=1, validation_share=0.5)
    assert config.inputs == ("c", "d")
    assert DataConfig(("a",)).inputs == ()
