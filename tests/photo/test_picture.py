from __future__ import annotations

import numpy as np
import pytest

from deep_photo_enhancer.photo import Photo, SaveOptions, with_pixels
from deep_photo_enhancer.photo.metadata import Metadata
from tests.photo.samples import (
    SMALL,
)


def test_with_pixels_changes_nothing_else() -> None:
    photo = Photo(SMALL, SMALL[..., :1], b"profile", Metadata(exif=b"exif"), (11.8, 11.8), ("careful",))
    other = with_pixels(photo, SMALL[::-1])
    np.testing.assert_array_equal(other.pixels, SMALL[::-1])
    assert other.alpha is photo.alpha
    assert (other.profile, other.metadata, other.resolution, other.warnings) == (
        photo.profile,
        photo.metadata,
        photo.resolution,
        photo.warnings,
    )


@pytest.mark.parametrize("quality", [0, 101])
def test_no_other_qualities(quality: int) -> None:
    with pytest.raises(ValueError, match="quality lies between 1 and 100"):
        SaveOptions(quality)
