from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from deep_photo_enhancer.cli import main
from deep_photo_enhancer.errors import ConfigError
from deep_photo_enhancer.training.config import load_config
from deep_photo_enhancer.training.data.files import read_names
from deep_photo_enhancer.training.recipes import describe_recipe, find_recipe, recipes


def test_the_papers_recipes_come_first_and_then_the_bundled_models() -> None:
    bundled = ["natural", "vivid"]
    assert list(recipes()) == ["cyclegan", "one_way", "supervised", "two_way", *(f"bundled/{name}" for name in bundled)]


@pytest.mark.parametrize("name", recipes())
def test_every_recipe_parses_and_its_lists_exist(name: str) -> None:
    config = load_config(find_recipe(name))
    for listed in (config.data.validation, config.data.leave_out):
        comes_with_the_photos = listed is not None and listed.startswith("data/")
        assert comes_with_the_photos or bool(read_names(listed)) == (listed is not None)


def test_a_file_is_taken_by_its_path_and_a_name_that_nothing_has_lists_those_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").touch()
    assert find_recipe("mine") == Path("mine")
    assert find_recipe("missing.yaml") == Path("missing.yaml")  # reading it tells more
    with pytest.raises(ConfigError, match=r"supervise: no such recipe; there are cyclegan, one_way, supervised, .*YAML file"):
        find_recipe("supervise")


def test_a_recipe_is_described_by_the_first_sentence_of_its_comment(tmp_path: Path) -> None:
    assert describe_recipe(find_recipe("cyclegan")) == "CycleGAN (Zhu et al., ICCV 2017), which the paper's Table 5 compares."
    (tmp_path / "bare.yaml").write_text("run: somewhere\n")
    assert describe_recipe(tmp_path / "bare.yaml") == ""


def test_the_command_lists_shows_and_copies_but_replaces_nothing(tmp_path: Path) -> None:
    def dpe(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["recipes", *arguments])
        return result.exit_code, result.output

    listed = dpe()[1].splitlines()
    assert [line.split(":")[0] for line in listed] == list(recipes())
    copy = tmp_path / "mine.yaml"
    assert dpe("two_way", "-o", str(copy)) == (0, f"wrote {copy}\n")
    assert dpe("two_way") == (0, copy.read_text())
    assert load_config(copy) == load_config(find_recipe("two_way"))
    assert dpe("one_way", "-o", str(copy)) == (2, f"Error: {copy}: already exists; choose another file\n")
    assert dpe("-o", str(copy))[0] == 2
