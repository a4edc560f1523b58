from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.research.study import material
from deep_photo_enhancer.research.study.material import Picture, Study, load_study, make_study, pairs_for
from tests.enhancing_fixtures import opened
from tests.research.study.fixtures import SYSTEMS, small_study, system_folders
from tests.synthetic import grey, synthetic_photo, write_photo


def test_a_study_has_a_picture_of_each_photo_by_each_system(tmp_path: Path) -> None:
    study = small_study(tmp_path)
    assert study.systems == SYSTEMS
    wanted = {Picture(f"scene{i}", system) for i in range(4) for system in SYSTEMS}
    assert set(study.pictures.values()) == wanted
    assert len(study.pictures) == len(wanted)
    for id, picture in study.pictures.items():
        shown = np.asarray(opened(study.picture_file(id)), float)
        original = np.asarray(opened(tmp_path / "systems" / picture.system / f"{picture.photo}.png"), float)
        assert abs(shown - original).mean() < 3  # what JPEG changes


def test_files_of_a_study_tell_nothing_by_their_names_or_contents(tmp_path: Path) -> None:
    for system, colour in (("ours", (200, 10, 10)), ("theirs", (10, 200, 10))):
        (tmp_path / system).mkdir()
        exif = Image.Exif()
        exif[0x0131] = f"made by {system}"
        Image.new("RGB", (20, 10), colour).save(tmp_path / system / "sea.jpg", exif=exif, comment=system.encode())
    study = make_study([tmp_path / "ours", tmp_path / "theirs"], tmp_path / "study")
    files = list((tmp_path / "study" / "pictures").iterdir())
    assert len(files) == 2
    for file in files:
        assert re.fullmatch(r"[0-9a-f]{32}\.jpg", file.name)
        assert b"ours" not in file.read_bytes()
        assert b"theirs" not in file.read_bytes()
    assert json.loads((tmp_path / "study" / "study.json").read_text())["systems"] == ["ours", "theirs"]
    assert study == load_study(tmp_path / "study")


def test_versions_get_the_size_of_the_smallest_and_no_more_than_a_screen_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(material, "LONG_SIDE", 64)
    write_photo(tmp_path / "a" / "small.png", synthetic_photo(0, 30, 45))
    write_photo(tmp_path / "b" / "small.png", synthetic_photo(0, 60, 90))
    write_photo(tmp_path / "a" / "large.png", synthetic_photo(0, 128, 96))
    write_photo(tmp_path / "b" / "large.png", synthetic_photo(0, 256, 192))
    study = make_study([tmp_path / "a", tmp_path / "b"], tmp_path / "study")
    sizes = {id: opened(study.picture_file(id)).size for id in study.pictures}
    assert {(study.pictures[id].photo, size) for id, size in sizes.items()} == {("small", (45, 30)), ("large", (48, 64))}


def test_photos_are_upright_and_grey_deep_and_transparent_ones_are_shown(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    for name in "ab":
        (tmp_path / name).mkdir()
        Image.new("RGB", (30, 20), (200, 100, 50)).save(tmp_path / name / "turned.jpg", exif=exif)
        Image.new("L", (30, 20), 77).save(tmp_path / name / "grey.png")
        Image.fromarray(np.full((20, 30), 77 * 257, np.uint16)).save(tmp_path / name / "deep.png")
        Image.new("RGBA", (30, 20), (0, 0, 0, 0)).save(tmp_path / name / "clear[1].png")
    study = make_study([tmp_path / "a", tmp_path / "b"], tmp_path / "study")
    shown = {picture.photo: opened(study.picture_file(id)) for id, picture in study.pictures.items()}
    assert shown["turned"].size == (20, 30)
    assert {shown[name].mode for name in shown} == {"RGB"}
    for name, level in (("grey", 77), ("deep", 77), ("clear[1]", 0)):
        assert np.abs(np.asarray(shown[name], int) - level).max() <= 1, name


def test_all_bad_photos_are_in_one_list_and_nothing_is_written(tmp_path: Path) -> None:
    a, b, output = tmp_path / "a", tmp_path / "b", tmp_path / "study"
    for name in ("lonely", "good", "broken", "cut", "shape"):
        write_photo(a / f"{name}.png", synthetic_photo(1, 90, 60))
    for name in ("good", "broken"):
        write_photo(b / f"{name}.png", synthetic_photo(1, 90, 60))
    write_photo(b / "shape.png", grey(9, 60, 60))
    (b / "broken.png").write_bytes(b"no photo")
    (b / "cut.png").write_bytes((a / "cut.png").read_bytes()[:5000])
    with pytest.raises(DataError) as failure:
        make_study([a, b], output)
    first, *problems = str(failure.value).splitlines()
    assert first == "4 problems with the study's photos:"
    assert sorted(line.strip().split(": ")[0] for line in problems) == sorted(
        [str(b / "broken.png"), str(b / "cut.png"), str(b / "shape.png"), "lonely"]
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_an_empty_folder_is_filled_and_one_with_votes_is_left_alone(tmp_path: Path) -> None:
    folders = system_folders(tmp_path, 1)
    (tmp_path / "study").mkdir()
    study = make_study(folders, tmp_path / "study")
    study.votes_file.write_text("votes")
    with pytest.raises(DataError, match="study: already exists; choose a new folder"):
        make_study(folders, tmp_path / "study")
    assert study.votes_file.read_text() == "votes"


def test_a_folder_that_is_no_study_or_a_damaged_one_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: no study there; make one with dpe study A B -o"):
        load_study(tmp_path / "nowhere")
    for damage in ("{", "[]", '{"systems": ["a", "b"], "photos": {"1": ["x"]}}'):
        (tmp_path / "study.json").write_text(damage)
        with pytest.raises(DataError, match=r"study\.json: damaged"):
            load_study(tmp_path)


PAIRED = Study(
    Path(), ("a", "b", "c"), {f"{system}{photo}": Picture(str(photo), system) for photo in range(7) for system in "abc"}
)
"""Seven photos by three systems; the first letter of an id is the system's."""


def test_every_pair_of_every_photo_comes_once() -> None:
    pairs = pairs_for(PAIRED, "someone")
    wanted = {frozenset((f"{i}{photo}", f"{j}{photo}")) for i, j in combinations(PAIRED.systems, 2) for photo in range(7)}
    assert {frozenset(pair) for pair in pairs} == wanted
    assert len(pairs) == len(wanted)


def test_sides_are_balanced_for_every_participant_and_over_participants() -> None:
    lefts: Counter[str] = Counter()
    for participant in map(str, range(200)):
        of_two = [left[0] for left, right in pairs_for(PAIRED, participant) if {left[0], right[0]} == {"a", "b"}]
        assert sorted(Counter(of_two).values()) == [3, 4]
        lefts.update(of_two)
    assert 600 < lefts["a"] < 800  # 1400 in all


def test_the_order_is_a_participants_own_and_always_the_same() -> None:
    orders = {participant: pairs_for(PAIRED, participant) for participant in ("one", "two")}
    assert orders["one"] != orders["two"]
    assert pairs_for(PAIRED, "one") == orders["one"]
