"""Where outputs go, as the command line says it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.cli.test_cli import dpe, one_line
from tests.enhancing_fixtures import jpeg_bytes, opened, smooth_photo

PHOTO = smooth_photo(20, 30)


@pytest.fixture
def holiday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with two photos."""
    folder = tmp_path / "holiday"
    folder.mkdir()
    Image.fromarray(PHOTO).save(folder / "a.png")
    (folder / "b.jpg").write_bytes(jpeg_bytes(PHOTO))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def model(model_files: dict[str, Path]) -> list[object]:
    return ["-m", model_files["lift"]]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_outputs_stand_beside_their_photos(holiday: Path, model: list[object]) -> None:
    before = [(holiday / name).read_bytes() for name in ("a.png", "b.jpg")]
    result = dpe("enhance", "a.png", "b.jpg", *model)
    assert (result.exit_code, result.stdout) == (0, "2 of 2 photos enhanced beside their originals\n")
    assert names(holiday) == ["a-enhanced.png", "a.png", "b-enhanced.jpg", "b.jpg"]
    assert [(holiday / name).read_bytes() for name in ("a.png", "b.jpg")] == before
    again = dpe("enhance", *names(holiday), *model)
    assert again.stdout.startswith("0 of 2 photos enhanced beside their originals, 2 already exist")
    assert again.stdout.endswith(", 2 earlier outputs left out\n")


def test_a_folder_and_the_current_one_go_into_a_folder_beside_them(holiday: Path, model: list[object]) -> None:
    for name in ("../holiday", "."):
        assert dpe("enhance", name, *model, "--existing", "overwrite").stdout.startswith("2 of 2 photos enhanced into ")
        assert names(holiday.parent / "holiday-enhanced") == ["a.png", "b.jpg"]
    assert names(holiday) == ["a.png", "b.jpg"]
    result = dpe("enhance", "..", "-o", "../out", *model)
    assert result.stdout == "2 of 2 photos enhanced into ../out, 1 earlier output left out\n"


def test_a_second_name_is_an_output_where_there_is_no_such_file(holiday: Path, model: list[object]) -> None:
    assert dpe("enhance", "a.png", "new/soft.webp", *model, "-s", 0.5).stdout == "1 of 1 photo enhanced into new/soft.webp\n"
    assert opened(holiday / "new" / "soft.webp").size == (30, 20)
    for second in ("out", "out/"):
        line = one_line(dpe("enhance", "a.png", second, *model), 2)
        assert line == "Error: out: no such file; put -o before the name of an output folder"
    for second in ("out.gif", "out.xyz"):
        line = one_line(dpe("enhance", "a.png", second, *model), 2)
        assert line.startswith(
            f"Error: {second}: no such file, and {second[3:]} cannot be written; end an output in one of .jpg,"
        )
        assert line.endswith(", or put -o before a folder")
    for words in (
        ["none.png", "out.png"],
        ["none.gif"],
        ["none.gif", "a.png"],
        [".", "none.png"],
        ["a.png", "none.gif", "-o", "x"],
    ):
        line = one_line(dpe("enhance", *words, *model), 2)
        assert line.startswith("Error: none.")
        assert line.endswith(": no such file; check the name")
    assert names(holiday) == ["a.png", "b.jpg", "new"]


@pytest.mark.usefixtures("holiday")
def test_the_same_two_names_mean_the_same_when_the_output_is_there(model: list[object]) -> None:
    for strength in (0.5, 1):
        result = dpe("enhance", "a.png", "out.png", *model, "-s", strength)
        assert result.stdout == "1 of 1 photo enhanced into out.png\n"
    result = dpe("enhance", "b.jpg", "out.png", *model)
    assert result.stdout == "2 of 2 photos enhanced beside their originals\n"


@pytest.mark.usefixtures("holiday")
def test_a_changed_wish_is_honoured(model: list[object]) -> None:
    dpe("enhance", "a.png", *model)
    result = dpe("enhance", ".", "-o", "out", *model)
    assert result.stdout == "2 of 2 photos enhanced into out, 1 earlier output left out\n"
    command = ["enhance", "a.png", "b.jpg", *model, "-s", 0.5]
    lines = dpe(*command, "--dry-run").stdout.splitlines()
    assert lines == [
        "a.png -> a-enhanced.png (again, for its settings have changed)",
        "b.jpg -> b-enhanced.jpg",
        "2 photos would be enhanced, 0 already exist",
    ]
    assert dpe(*command).stdout == (
        "2 of 2 photos enhanced beside their originals, 1 of them again, for its settings have changed\n"
    )
    assert dpe(*command).stdout == "0 of 2 photos enhanced beside their originals, 2 already exist\n"


def test_an_output_of_unknown_suffix_is_refused(holiday: Path, model: list[object]) -> None:
    line = one_line(dpe("enhance", "a.png", "-o", "out.xyz", *model), 2)
    assert line.startswith("Error: out.xyz: cannot write .xyz; use one of .jpg, .jpeg")
    assert line.endswith("or end a folder's name with /")
    assert dpe("enhance", "a.png", "-o", "out.xyz/", *model).exit_code == 0
    assert names(holiday / "out.xyz") == ["a.png"]
    assert dpe("enhance", "b.jpg", "-o", "out.xyz", *model).exit_code == 0  # it is a folder now


def test_a_photo_with_the_suffix_of_another_format_is_told(holiday: Path, model: list[object]) -> None:
    (holiday / "c.jpg").write_bytes((holiday / "a.png").read_bytes())
    result = dpe("enhance", "c.jpg", *model)
    assert result.stderr == "Warning: c.jpg: its content is PNG, though its name ends in .jpg\n"
    assert opened(holiday / "c-enhanced.jpg").format == "JPEG"
