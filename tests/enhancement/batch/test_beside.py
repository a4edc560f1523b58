from __future__ import annotations

import pytest

from deep_photo_enhancer.enhancement.batch.beside import ENDING, earlier_folders, earlier_outputs
from deep_photo_enhancer.enhancement.batch.plan import output_name


@pytest.mark.parametrize(
    "name",
    [
        "a-enhanced.jpg", "a-enhanced.PNG", "A-enhanced.jpg", "a-enhanced-2.jpg", "a.heic-enhanced.jpg",
        "a-enhanced-compare.jpg", "a-enhanced.png-compare.jpg", "a-enhanced-compare-2.jpg",
    ],
)  # fmt: skip
def test_names_of_outputs_are_known_where_their_photo_is(name: str) -> None:
    assert earlier_outputs(["a.heic", name]) == {name}
    assert earlier_outputs(["b.heic", name]) == set()


def test_the_output_of_a_photo_with_a_name_of_the_greatest_length_is_known() -> None:
    photo = "\N{GREEK SMALL LETTER ALPHA}" * 125 + ".jpg"
    output = output_name(photo, ending=ENDING)
    assert output.startswith("\N{GREEK SMALL LETTER ALPHA}" * 116 + "~")
    assert earlier_outputs([photo, output]) == {output}
    assert earlier_outputs([photo.replace(".", "b."), output]) == set()


def test_an_output_of_an_output_is_known_too() -> None:
    names = ["a.jpg", "a-enhanced.jpg", "a-enhanced-enhanced.jpg"]
    assert earlier_outputs(names) == set(names[1:])


def test_folders() -> None:
    assert earlier_folders(["day", "day-enhanced", "night-enhanced"]) == {"day-enhanced"}
