from __future__ import annotations

from pathlib import Path

import pytest

from deep_photo_enhancer.system import extras
from deep_photo_enhancer.system.extras import install_command


def test_an_installed_package_is_named_and_a_checkout_takes_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "PROJECT", tmp_path)
    assert install_command("train") == "pip install 'deep-photo-enhancer[train]'"
    (tmp_path / "pyproject.toml").touch()
    assert install_command("train", "reproduce") == "pip install -c constraints.txt -e '.[train,reproduce]'"
