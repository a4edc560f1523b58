from __future__ import annotations

import re

import numpy as np
import pytest

from deep_photo_enhancer.research.fivek.looks import INPUTS, LABELS, Means, are_swapped, measure_look, suspicions
from deep_photo_enhancer.training.data.statistics import tone_statistics
from tests.research.fivek.fixtures import photo


def test_the_look_is_taken_at_128_pixels() -> None:
    small = photo(1)
    assert measure_look(small) == pytest.approx(tone_statistics(small), abs=0.01)
    large = np.repeat(np.repeat(small, 4, 0), 4, 1)  # (192, 256)
    assert measure_look(large) == pytest.approx(tone_statistics(small), rel=0.05)


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_photos_near_fivek_s_means_are_not_suspicious(factor: float) -> None:
    found = {"inputs": factor * np.array([91, 36, 152, 29]), "labels": factor * np.array([110, 49, 185, 47])}
    assert suspicions(found, raw_inputs=False) == []
    assert not are_swapped(found)


def test_swapped_folders_are_noticed_and_equal_ones_are_not_called_so() -> None:
    assert are_swapped({"inputs": LABELS, "labels": INPUTS})
    assert not are_swapped({"inputs": LABELS, "labels": LABELS})
    assert not are_swapped({"inputs": LABELS})


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (np.array([113.0, 52.0, 200.0, 45.0]), "finished .*InputAsShotZeroed"),  # a camera's own rendering
        (np.array([76.0, 33.0, 135.0, 17.0]), "pale .*ProPhoto"),
        (np.array([56.0, 25.0, 100.0, 19.0]), "dark .*minus 1.5"),
    ],
)
def test_wrong_inputs_are_suspected_by_their_look(inputs: Means, words: str) -> None:
    (sentence,) = suspicions({"inputs": inputs, "labels": LABELS}, raw_inputs=False)
    assert re.search(words, sentence)
    assert suspicions({"inputs": inputs, "labels": LABELS}, raw_inputs=True) == []


def test_pale_labels_are_suspected_to_be_prophoto() -> None:
    (sentence,) = suspicions({"labels": np.array([98.0, 48.0, 175.0, 27.0])}, raw_inputs=True)
    assert "colourfulness 27; retoucher C has luma_mean 110" in sentence
