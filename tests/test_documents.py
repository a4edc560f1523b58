"""What the documents say holds: their Python runs, their commands parse, their links lead somewhere."""

from __future__ import annotations

import doctest
import importlib
import re
import runpy
import shlex
import shutil
from importlib.util import find_spec
from pathlib import Path

import click
import numpy as np
import pytest

from deep_photo_enhancer.cli import main
from deep_photo_enhancer.enhancement import enhancer
from deep_photo_enhancer.photo import Photo, load_photo
from tests.enhancing_fixtures import smooth_photo

PROJECT = Path(__file__).parent.parent
WITH_TORCH = ("benchmarks", "deep_photo_enhancer.training", "deep_photo_enhancer.research")
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), *PROJECT.glob("benchmarks/*.md")])
SOURCES = sorted(path for folder in ("src", "tests", "benchmarks") for path in (PROJECT / folder).rglob("*.py"))
PACKAGE = PROJECT / "src" / "deep_photo_enhancer"


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def commands(document: Path) -> list[list[str]]:
    """The lines in blocks that start `dpe`, also through a launcher such as torchrun, as words."""
    lines = [line for block in blocks(document, "sh") for line in block.replace("\\\n", " ").splitlines()]
    words = [shlex.split(part, comments=True) for line in lines for part in line.split("&&")]
    launched = [["dpe", *line[line.index(PACKAGE.name) + 1 :]] for line in words if PACKAGE.name in line]
    return launched + [line for line in words if line and Path(line[0]).name == "dpe"]


def spans(document: Path) -> list[str]:
    """The commands between backticks in the text."""
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`(dpe [^`]+)`", text)


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command of a line, and what follows it. click.UsageError when there is none."""
    _, command, arguments = main.resolve_command(click.Context(main), words)
    return command, arguments


def test_readme_shows_commands_and_python() -> None:
    assert {resolve(line[1:])[0].name for line in commands(PROJECT / "README.md")} == set(main.commands)
    assert len(blocks(PROJECT / "README.md", "python")) == 1


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_command_is_one_that_dpe_takes(document: Path) -> None:
    for _, *words in commands(document):
        command, arguments = resolve(words)
        command.make_context(command.name, arguments, parent=click.Context(main, **main.context_settings))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_command_in_the_text_exists_and_has_the_options_that_it_is_given(document: Path) -> None:
    for span in spans(document):
        command: click.Command = main
        first, *others = shlex.split(span)[1:]
        for word in (first, *others):
            if isinstance(command, click.Group) and word in command.commands:
                command = command.commands[word]
            elif word.startswith("-") and len(word) > 1:
                assert any(word in parameter.opts for parameter in command.params), span
        assert command is not main or first.isupper() or Path(first).suffix, span  # a photo


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
        assert link.startswith("https://") or (document.parent / link).exists(), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_dotted_name_is_one_that_can_be_imported(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for name in re.findall(r"\b(?:deep_photo_enhancer|benchmarks)(?:\.\w+)+", text):
        assert can_be_imported(name), name
    for module, names in re.findall(r"^from (deep_photo_enhancer[\w.]*) import ([\w, ]+)$", text, re.MULTILINE):
        for name in names.split(", "):
            assert can_be_imported(f"{module}.{name}"), f"{module}.{name}"


def can_be_imported(name: str) -> bool:
    """A module, or something in one; a benchmark is not imported for that."""
    path = (PROJECT if name.startswith("benchmarks") else PROJECT / "src") / name.replace(".", "/")
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    module, _, last = name.rpartition(".")
    if module.startswith(WITH_TORCH) and find_spec("torch") is None:
        return True
    return (path.parent.is_dir() or path.parent.with_suffix(".py").is_file()) and hasattr(importlib.import_module(module), last)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_file_of_the_project_that_a_document_names_is_there(document: Path) -> None:
    roots = (PROJECT, PACKAGE, document.parent)
    text = document.read_text(encoding="utf-8")
    for name in re.findall(r"(?<![\w/.<-])[\w./-]+\.py\b", text) + re.findall(PATH, text):
        assert any((root / name).exists() for root in roots), name


PATH = r"(?<![\w/.-])(?:benchmarks|tests|docs|configs|examples|src)/[\w./-]*[\w/]"
"""A path from the project's folder on."""


def test_every_file_of_the_project_that_the_code_names_is_there() -> None:
    for source in SOURCES:
        for name in re.findall(
            r"(?<![\w/.-])(?:benchmarks|tests|docs)/[\w./-]*\.(?:py|md)\b", source.read_text(encoding="utf-8")
        ):
            assert (PROJECT / name).exists(), f"{name} in {source.relative_to(PROJECT)}"


@pytest.fixture
def in_a_folder_with_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(PROJECT / "examples")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("in_a_folder_with_examples")
@pytest.mark.parametrize(
    ("document", "written"), [("README.md", "dogs.jpg"), ("docs/python.md", "astronaut-portrait-better.jpg")]
)
def test_documents_python_runs(document: str, written: str) -> None:
    names: dict[str, object] = {}
    for block in blocks(PROJECT / document, "python"):
        exec(compile(block, document, "exec"), names)
    assert Path(written).stat().st_size > 50_000


@pytest.mark.usefixtures("in_a_folder_with_examples")
def test_docstrings_examples_run() -> None:
    Photo(smooth_photo(512, 768)).save("photo.jpg")
    assert doctest.testmod(enhancer).failed == 0
    assert {path.name for path in Path().iterdir()} == {"examples", "photo.jpg", "better.jpg", "soft.jpg", "brighter.png"}


@pytest.mark.parametrize("example", sorted((PROJECT / "examples").glob("*.py")), ids=lambda example: example.stem)
def test_every_example_runs_and_makes_the_picture_that_the_project_has(example: Path, tmp_path: Path) -> None:
    """In a copy of the project that has its photos alone."""
    (tmp_path / "examples").mkdir()
    (tmp_path / "docs" / "pictures").mkdir(parents=True)
    (tmp_path / "examples" / "photos").symlink_to(PROJECT / "examples" / "photos")
    shutil.copy(example, tmp_path / "examples")
    runpy.run_path(str(tmp_path / "examples" / example.name), run_name="__main__")
    made = list((tmp_path / "docs" / "pictures").iterdir())
    assert made
    for path in made:
        pictures = [load_photo(folder / "docs" / "pictures" / path.name).pixels.astype(int) for folder in (tmp_path, PROJECT)]
        assert np.abs(pictures[0] - pictures[1]).mean() < 1
