from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.test_cli import dpe, one_line
from tests.enhancing_fixtures import opened, smooth_photo

PHOTO = smooth_photo(60, 90)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.fromarray(PHOTO).save(tmp_path / "my photo.png")
    return tmp_path / "my photo.png"


def test_a_page_with_each_model_at_each_strength(photo: Path, model_files: dict[str, Path]) -> None:
    models = f"{model_files['lift']},clhe"
    result = dpe("compare", photo, "--models", models, "--strengths", "0.5,1")
    output = photo.with_name("my photo-looks.html")
    assert (result.exit_code, result.stdout) == (0, f"wrote {output}\n")
    page = output.read_text(encoding="utf-8")
    captions = re.findall(r"<figcaption>(.*?)<code>(.*?)</code>", page)
    assert [text for text, _ in captions] == [
        *("as taken", "lift, strength 0.5", "lift, strength 1"),
        *("as taken", "clhe, strength 0.5", "clhe, strength 1"),
    ]
    assert captions[1][1] == f"dpe enhance &#x27;{photo}&#x27; --model {model_files['lift']} --strength 0.5"
    assert captions[5][1] == f"dpe enhance &#x27;{photo}&#x27; --method clhe --strength 1"
    pictures = [base64.b64decode(data) for data in re.findall(r"data:image/jpeg;base64,([^\"]+)", page)]
    assert abs(np.asarray(Image.open(io.BytesIO(pictures[0]))).astype(int) - PHOTO).mean() < 2
    assert abs(np.asarray(Image.open(io.BytesIO(pictures[2]))) - (0.8 * PHOTO + 25.5)).mean() < 2
    assert "http" not in page
    assert dpe("compare", photo, "--models", models, "--strengths", "1").exit_code == 0  # its own page is replaced


def test_a_picture_with_captions(photo: Path, tmp_path: Path, model_files: dict[str, Path]) -> None:
    sheet = tmp_path / "sheet.png"
    models = f"{model_files['lift']},{model_files['gamma']}"
    for _ in range(2):  # its own picture is replaced
        assert dpe("compare", photo, "--models", models, "--strengths", "1", "-o", sheet).exit_code == 0
    cells = np.asarray(opened(sheet))
    assert cells.shape == (2 * (60 + 32 + 8), 2 * (90 + 8), 3)
    np.testing.assert_array_equal(cells[:60, :90], PHOTO)
    assert abs(cells[:60, 98:188] - (0.8 * PHOTO + 25.5)).max() <= 1
    assert cells[60:92, :90].min() < 100


def test_without_models_all_known_ones_are_shown(photo: Path) -> None:
    dpe("compare", photo, "--strengths", "1")
    assert "natural, strength 1" in photo.with_name("my photo-looks.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        (["--models", "unknown"], 2, "unknown: no such model"),
        (["--models", ","], 2, "name at least one"),
        (["--strengths", "1,much"], 2, "--strengths: 1,much: name numbers from 0 to 2, with commas between"),
        (["--strengths", "3"], 2, "name numbers from 0 to 2"),
        (["--strengths", "nan"], 2, "name numbers from 0 to 2"),
        (["-o", "sheet.jpg"], 2, "sheet.jpg: name a file that ends in .html or .png"),
        (["-o", "PHOTO"], 2, "is one of the inputs and would be overwritten"),
        (["-o", "OTHER"], 2, "already exists and is not a picture of dpe compare"),
    ],
)
def test_what_is_refused(photo: Path, tmp_path: Path, options: list[str], status: int, says: str) -> None:
    Image.fromarray(PHOTO).save(tmp_path / "other.png")
    places = {"PHOTO": str(photo), "OTHER": str(tmp_path / "other.png")}
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    line = one_line(dpe("compare", photo, *(places.get(option, option) for option in options)), status)
    assert says in line
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_photo_that_cannot_be_read(tmp_path: Path) -> None:
    assert "no such file" in one_line(dpe("compare", tmp_path / "missing.jpg", "--models", "clhe"), 1)
    assert list(tmp_path.iterdir()) == []
    assert "is a folder; name a photo" in one_line(dpe("compare", ".", "--models", "clhe"), 1)
