"""What several tests of training share."""

from __future__ import annotations

from pathlib import Path

import pytest

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo.small_copies import small_copy


def refusal(path: Path) -> str:
    """What is said of a file that cannot be read."""
    with pytest.raises(PhotoError) as caught:
        small_copy(path, 64)
    return str(caught.value)
