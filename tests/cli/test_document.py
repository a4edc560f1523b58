from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from deep_photo_enhancer.cli import main
from deep_photo_enhancer.cli.document import document

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_is_what_the_help_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), "python -m deep_photo_enhancer.cli.document > docs/cli.md"


def test_the_page_does_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert PAGE.read_text(encoding="utf-8") == document()


def test_the_page_names_every_option_of_every_command() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, command in main.commands.items():
        (section,) = re.findall(rf"^## dpe {name}\n(.*?)(?:^## |\Z)", page, re.MULTILINE | re.DOTALL)
        for option in (option for option in command.params if isinstance(option, click.Option)):
            assert all(re.search(rf"(^|[ /]){re.escape(word)}\b", section) for word in option.opts), (name, option.opts)


def test_options_of_enhance_stand_under_headings() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [page.index(f"\n{heading}:\n") for heading in ("The output", "The look", "The run", "Help")] == sorted(
        page.index(f"\n{heading}:\n") for heading in ("The output", "The look", "The run", "Help")
    )
