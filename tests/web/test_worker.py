"""What a worker does with tasks that cannot be done."""

from __future__ import annotations

from dataclasses import fields
from io import BytesIO
from pathlib import Path

from PIL import Image

from deep_photo_enhancer.web.worker import Bounds, Worker


def test_a_photo_that_was_removed_meanwhile_costs_no_worker(tmp_path: Path) -> None:
    content = BytesIO()
    Image.new("RGB", (20, 10), "teal").save(content, "PNG")
    (tmp_path / "input.png").write_bytes(content.getvalue())
    worker = Worker(Bounds(**{field.name: 1_000_000 for field in fields(Bounds)}))
    task = {"task": "tiles", "models": {}, "source": str(tmp_path / "input.png"), "name": "a.png"}
    answer = worker.do({**task, "folder": str(tmp_path / "gone")})
    assert answer == {"problem": "a.png: is no longer there; choose the photo again."}
    assert worker.do({**task, "folder": str(tmp_path)}) == {}
