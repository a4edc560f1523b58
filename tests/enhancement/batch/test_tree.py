from __future__ import annotations

import os
from pathlib import Path

import pytest

from deep_photo_enhancer.enhancement.batch import Plan
from deep_photo_enhancer.enhancement.batch.tree import walk


def fill(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"photo")


def found(root: Path, leave_out: Path | None = None) -> list[str]:
    folders = walk(root, lambda name: name.endswith(".jpg"), leave_out)
    return [(folder.below / name).as_posix() for folder in folders for name in folder.photos]


def test_folders_come_before_those_in_them_by_name(tmp_path: Path) -> None:
    fill(tmp_path, "b.jpg", "a/z.jpg", "a/c/y.jpg", "c/x.jpg", "a.jpg")
    assert found(tmp_path) == ["a.jpg", "b.jpg", "a/z.jpg", "a/c/y.jpg", "c/x.jpg"]


def test_what_is_ignored_is_counted(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "b.txt", ".hidden.jpg", ".cache/c.jpg", ".cache/d.jpg", "sub/e.xmp", "sub/.f.jpg-12345678.part")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert found(tmp_path) == ["a.jpg"]
    passed = [folder.passed for folder in walk(tmp_path, lambda name: name.endswith(".jpg"))]
    assert passed == [{"hidden file": 2, "other file": 2}, {"hidden file": 1, "other file": 1}]
    plan = Plan([tmp_path], tmp_path.parent / "out")
    assert [[job.source.name for job in plan] for _ in range(2)] == [["a.jpg"]] * 2
    assert plan.passed.total() == 6  # of one iteration, not of both


def test_links_are_followed_to_photos_in_the_tree_and_nowhere_else(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    fill(tmp_path, "tree/a.jpg", "tree/sub/b.jpg", "outside/c.jpg", "tree/out/done.jpg")
    (tree / "same.jpg").symlink_to("sub/b.jpg")
    (tree / "far.jpg").symlink_to(tmp_path / "outside" / "c.jpg")
    (tree / "done.jpg").symlink_to(tree / "out" / "done.jpg")
    (tree / "broken.jpg").symlink_to("nothing.jpg")
    (tree / "circle.jpg").symlink_to("circle.jpg")
    (tree / "up").symlink_to("..")
    (tree / "sub" / "again").symlink_to(tree)
    assert found(tree, (tree / "out").resolve()) == ["a.jpg", "same.jpg", "sub/b.jpg"]


def test_a_tree_is_found_through_a_link_that_is_named(tmp_path: Path) -> None:
    fill(tmp_path, "tree/a.jpg", "tree/sub/b.jpg")
    (tmp_path / "link").symlink_to("tree")
    assert found(tmp_path / "link") == ["a.jpg", "sub/b.jpg"]


@pytest.mark.parametrize(
    "name", ["new\nline.jpg", "\x1b[31m.jpg", "[1].jpg", "'\";$.jpg", "x" * 251 + ".jpg", " .jpg", "日本.jpg"]
)
def test_names_of_any_characters(tmp_path: Path, name: str) -> None:
    fill(tmp_path, name)
    assert found(tmp_path) == [name]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    (tmp_path / name).write_bytes(b"photo")
    assert found(tmp_path) == [name]


def test_very_deep_trees(tmp_path: Path) -> None:
    fill(tmp_path, "/".join(["d"] * 400) + "/a.jpg")
    assert len(found(tmp_path)) == 1


def test_a_folder_that_cannot_be_looked_into_is_told_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "a/1.jpg", "b/2.jpg")
    look = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied")
        return look(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        problem, photo = Plan([tmp_path], tmp_path.parent / "out")
    remedy = "change its permissions, or leave it out"
    assert problem.problem == f"{tmp_path / 'a'}: cannot look into this folder: Permission denied; {remedy}"
    assert (photo.source.name, photo.problem) == ("2.jpg", None)
