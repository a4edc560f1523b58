from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.enhancing_fixtures import smooth_photo

PHOTO = smooth_photo(16, 24)


@pytest.fixture
def holiday(tmp_path: Path) -> Path:
    """A tree of photos with other files in between."""
    folder = tmp_path / "holiday"
    (folder / "beach" / "day 2").mkdir(parents=True)
    (folder / ".thumbnails").mkdir()
    for name in ("a.jpg", "B.PNG", "beach/c.webp", "beach/day 2/d.tif", ".hidden.jpg", ".thumbnails/a.jpg"):
        Image.fromarray(PHOTO).save(folder / name)
    (folder / "notes.txt").write_text("sunny")
    (folder / "clip.gif").write_bytes(b"GIF89a")
    (folder / "folder.jpg").mkdir()
    return folder
