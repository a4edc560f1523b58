"""What the documents say holds: their Python runs, their commands parse, their links lead somewhere."""

from __future__ import annotations

import doctest
import importlib
import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from deep_photo_enhancer.cli import main
from deep_photo_enhancer.enhancement import enhancer
from deep_photo_enhancer.photo import Photo
from tests.enhancing_fixtures import smooth_photo

PROJECT = Path(__file__).parent.parent
WITH_TORCH = ("benchmarks", "deep_photo_enhancer.training", "deep_photo_enhancer.research")
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), *PROJECT.glob("benchmarks/*.md")])
SOURCES = sorted(path for folder in ("src", "tests", "benchmarks") for path in (PROJECT / folder).rglob("*.py"))
PACKAGE = PROJECT / "src" / "deep_photo_enhancer"


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def commands(document: Path) -> list[list[str]]:
    lines = [line for block in blocks(document, "sh") for line in block.replace("\\\n", " ").splitlines()]
    words = [shlex.split(part, comments=True) for line in lines for part in line.split("&&")]
    return [line for line in words if line and Path(line[0]).name == "dpe"]


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
