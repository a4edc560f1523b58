"""The recipes that come with the package: the paper's experiments, and how the bundled models were trained."""

from __future__ import annotations

import re
from pathlib import Path

from deep_photo_enhancer.errors import ConfigError

CONFIGS = Path(__file__).parents[1] / "configs"
"""Recipes, and lists of photos that they name."""


def recipes() -> dict[str, Path]:
    """Names and files, such as "supervised" and "bundled/natural"; the paper's first."""
    files = sorted(CONFIGS.rglob("*.yaml"), key=lambda path: (path.parent != CONFIGS, path.as_posix()))
    return {path.relative_to(CONFIGS).with_suffix("").as_posix(): path for path in files}


def find_recipe(name_or_path: str | Path) -> Path:
    """The file of a recipe's name or of a path. ConfigError lists the names that exist."""
    known = recipes()
    path = known.get(str(name_or_path), Path(name_or_path))
    if path.exists() or path.suffix:
        return path
    raise ConfigError(f"{name_or_path}: no such recipe; there are {', '.join(known)}, or give the path of a YAML file")


def describe_recipe(path: Path) -> str:
    """The first sentence of the comment that a recipe starts with."""
    comment = re.match(r"(#[^\n]*\n)*", path.read_text(encoding="utf-8"))
    words = " ".join(line.lstrip("# ") for line in comment[0].splitlines()) if comment else ""
    return re.split(r"(?<=\.)\s", words)[0]
