"""How to install what the base installation has not."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parents[3]
"""The checkout's folder, where the package runs from one."""


def install_command(*extras: str) -> str:
    """What a user types to install extras, such as "train"; in a checkout with the versions that its tests run with."""
    names = f"[{','.join(extras)}]"
    if (PROJECT / "pyproject.toml").is_file():
        return f"pip install -c constraints.txt -e '.{names}'"
    return f"pip install 'deep-photo-enhancer{names}'"
