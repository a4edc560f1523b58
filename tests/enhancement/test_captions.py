from __future__ import annotations

import numpy as np
import pytest

from deep_photo_enhancer.enhancement.captions import caption


def test_a_caption_is_black_on_white_and_stays_inside() -> None:
    strip = caption("natural, strength 0.5", 400, 16)
    assert (strip.shape, strip.dtype) == ((32, 400, 1), np.dtype(np.uint8))
    assert strip.min() < 40
    assert strip[:, :8].min() == strip[:, -8:].min() == strip[:2].min() == strip[-2:].min() == 255


def test_a_long_caption_is_cut_to_the_width() -> None:
    strip = caption("a very long name of a model, strength 0.5", 120, 16)
    np.testing.assert_array_equal(strip, caption("a very long n...", 120, 16))
    assert strip[:, -8:].min() == 255


@pytest.mark.parametrize("width", [1, 4, 15])
def test_where_nothing_fits_nothing_is_written(width: int) -> None:
    strip = caption("natural", width, 12)
    assert strip.shape == (24, width, 1)
    assert strip.min() == 255
