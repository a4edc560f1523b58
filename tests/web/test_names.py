from __future__ import annotations

from pathlib import Path

import pytest

from deep_photo_enhancer.web import names
from deep_photo_enhancer.web.names import clean_path, free_path, output_paths


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("a.jpg", "a.jpg"),
        ("holiday/a.jpg", "holiday/a.jpg"),
        ("/etc/passwd", "etc/passwd"),
        ("../../../root/a.jpg", "root/a.jpg"),
        ("..\\..\\windows\\a.jpg", "windows/a.jpg"),
        ("a/./b//../c.jpg", "a/b/c.jpg"),
        ("C:\\photos\\a.jpg", "C:/photos/a.jpg"),
        ("a\0b\n\x1b[31m.jpg", "ab[31m.jpg"),
        ("..", "photo"),
        ("", "photo"),
        ("日本/Ελλάδα/наш дом/صورة.jpg", "日本/Ελλάδα/наш дом/صورة.jpg"),
    ],
)
def test_names_become_places_below_any_folder(name: str, clean: str) -> None:
    assert clean_path(name) == clean


def test_on_windows_a_colon_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "IMPOSSIBLE", '<>:"|?*')
    assert clean_path("x/C:\\photos\\D:a?.jpg") == "x/C_/photos/D_a_.jpg"


def test_long_names_and_deep_folders_are_cut() -> None:
    assert all(len(part.encode()) <= 255 for part in clean_path("ä" * 400 + "/" + "x" * 300 + ".jpg").split("/"))
    assert len(clean_path("/".join("abcdefghijklmnopqrstuvwxyz")).split("/")) == 16


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert free_path("x/a.jpg", ["a.jpg", "x/b.jpg"]) == "x/a.jpg"
    assert free_path("x/a.jpg", ["x/A.JPG"]) == "x/a-2.jpg"


def test_outputs_have_the_names_that_the_command_gives(tmp_path: Path) -> None:
    places = {"1": "a.jpg", "2": "a.heic", "3": "x/a.nef", "4": "a.jif"}
    assert output_paths(places, dict.fromkeys(places)) == {"1": "a.jpg", "2": "a.heic", "3": "x/a.jpg", "4": "a.jif.jpg"}
    (tmp_path / "a.jpg").touch()
    assert output_paths({"1": "a.jpg"}, {"1": None}, tmp_path) == {"1": "a-2.jpg"}
    assert output_paths({"1": "a.heic"}, {"1": ".jpg"}, tmp_path) == {"1": "a-2.jpg"}
