from __future__ import annotations

import numpy as np

from deep_photo_enhancer.enhancement.square import pad_to_square


def test_a_photo_is_mirrored_downwards_and_to_the_right_with_its_edge() -> None:
    photo = np.array([[[1], [2], [3]], [[4], [5], [6]]], np.uint8)
    padded = pad_to_square(photo, 4)
    assert padded.dtype == np.uint8
    assert padded[..., 0].tolist() == [[1, 2, 3, 3], [4, 5, 6, 6], [4, 5, 6, 6], [1, 2, 3, 3]]


def test_a_narrow_photo_is_mirrored_over_and_over() -> None:
    photo = np.array([[[7]], [[8]], [[9]]], np.uint8)
    assert pad_to_square(photo, 3)[..., 0].tolist() == [[7, 7, 7], [8, 8, 8], [9, 9, 9]]
