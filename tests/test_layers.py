"""The order of the wings: imports lead to earlier ones, torch stays in training and research, nothing goes in circles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import deep_photo_enhancer

NAME = "deep_photo_enhancer"
WINGS = ("system", "photo", "enhancement", "training", "research", "web", "archive", "cli")
ORDER = (("errors", "version"), *((wing,) for wing in WINGS))
"""Each wing imports from itself and from those before it."""
RANKS = {wing: rank for rank, wings in enumerate(ORDER) for wing in wings}
OF_TRAINING = {"torch", "safetensors", "onnx", "skimage", "yaml", "matplotlib", "scipy", "jinja2"}
"""Libraries that the base installation has not."""

ROOT = Path(deep_photo_enhancer.__file__).parent
SOURCES = {
    ".".join((NAME, *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): ast.parse(path.read_bytes())
    for path in sorted(ROOT.rglob("*.py"))
}


def imports(tree: ast.AST, late: bool) -> Iterator[str]:
    """The modules that a source imports; `late`: also those in functions and for the type checker."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, "imports are absolute"
            inner = [f"{node.module}.{name.name}" for name in node.names]
            yield from (name if name in SOURCES else node.module for name in inner)
        elif late or not (isinstance(node, ast.FunctionDef) or _is_for_types(node)):
            yield from imports(node, late)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def wing(module: str) -> str:
    """The package itself and __main__ stand above all wings."""
    return module.split(".")[1] if module not in (NAME, f"{NAME}.__main__") else ORDER[-1][0]


def test_imports_lead_to_earlier_wings() -> None:
    upwards = [
        f"{module} imports {name}"
        for module, source in SOURCES.items()
        for name in imports(source, late=True)
        if name in SOURCES and RANKS[wing(name)] > RANKS[wing(module)]
    ]
    assert upwards == []


def test_what_trains_networks_stays_where_networks_are_trained() -> None:
    astray = [
        f"{module} imports {name}"
        for module, source in SOURCES.items()
        for name in imports(source, late=True)
        if name.split(".")[0] in OF_TRAINING and wing(module) not in ("training", "research")
    ]
    assert astray == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: set(imports(source, late=False)) & SOURCES.keys() for module, source in SOURCES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(reversed(error.args[1]))}")
