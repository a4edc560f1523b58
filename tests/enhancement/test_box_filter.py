from __future__ import annotations

import numpy as np
import pytest

from deep_photo_enhancer.enhancement.box_filter import box_mean


def test_a_row_worked_out_by_hand() -> None:
    row = np.array([[0, 3, 6, 1]], np.float32)
    # (0 + 3) / 2, (0 + 3 + 6) / 3, (3 + 6 + 1) / 3, (6 + 1) / 2
    np.testing.assert_allclose(box_mean(row, 1), [[1.5, 3, 10 / 3, 3.5]], rtol=1e-6)


@pytest.mark.parametrize("radius", [0, 1, 4, 30])
def test_each_mean_is_that_of_the_part_of_its_window_that_lies_inside(radius: int) -> None:
    plane = np.random.default_rng(0).random((9, 13)).astype(np.float32)
    expected = [
        [plane[max(i - radius, 0) : i + radius + 1, max(j - radius, 0) : j + radius + 1].mean() for j in range(13)]
        for i in range(9)
    ]
    means = box_mean(plane, radius)
    assert means.dtype == np.float32
    np.testing.assert_allclose(means, expected, rtol=1e-5)


def test_away_from_the_border_it_is_scipys_uniform_filter_plane_by_plane() -> None:
    uniform_filter = pytest.importorskip("scipy.ndimage").uniform_filter
    planes = np.random.default_rng(1).random((2, 3, 20, 24)).astype(np.float32)
    inner = box_mean(planes, 3)[..., 3:-3, 3:-3]
    np.testing.assert_allclose(inner, uniform_filter(planes, size=(1, 1, 7, 7))[..., 3:-3, 3:-3], rtol=1e-4)


def test_small_values_lose_no_precision_beside_large_ones() -> None:
    plane = np.full((1000, 1000), 0.1, np.float32)
    plane[:, 500:] = 1000
    np.testing.assert_allclose(box_mean(plane, 2)[:, :490], 0.1, rtol=1e-6)
    np.testing.assert_allclose(box_mean(plane, 2)[:, 510:], 1000, rtol=1e-6)
