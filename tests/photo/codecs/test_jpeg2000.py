from __future__ import annotations

import numpy as np

from deep_photo_enhancer.photo import Photo, load_photo
from deep_photo_enhancer.photo.picture import divide_by_alpha
from tests.photo.samples import RGB


def test_colours_multiplied_by_transparency_are_divided() -> None:
    """In the box of the channels' meanings (ITU-T T.800, I.5.3.6), 1 is transparency and 2 one that is multiplied in."""
    alpha = np.linspace(0, 255, 52).round().astype(np.uint8)[None, :, None].repeat(40, 0)
    data = Photo(RGB, alpha).to_bytes(".jp2")
    straight, multiplied = b"\0\3\0\1\0\0", b"\0\3\0\2\0\0"
    at = data.index(b"cdef")
    assert data[at : at + 32].count(straight) == 1
    photo = load_photo(data[:at] + data[at:].replace(straight, multiplied, 1))
    np.testing.assert_array_equal(photo.alpha, alpha)
    np.testing.assert_array_equal(photo.pixels, divide_by_alpha(RGB, alpha))
