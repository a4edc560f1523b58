from __future__ import annotations

import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from deep_photo_enhancer.evaluation.metrics import psnr, ssim
from tests.synthetic import grey, synthetic_photo


def test_psnr_of_a_photo_that_is_5_codes_too_bright_everywhere() -> None:
    # 10 log10(255^2 / 5^2) = 20 log10(51)
    assert psnr(grey(105), grey(100)) == pytest.approx(34.1514, abs=1e-4)


def test_psnr_does_not_wrap_around_below_zero() -> None:
    assert psnr(grey(0), grey(255)) == pytest.approx(0)
    assert psnr(grey(100), grey(105)) == psnr(grey(105), grey(100))


def test_psnr_is_scikit_images() -> None:
    photo, label = synthetic_photo(0), synthetic_photo(1)
    assert psnr(photo, label) == pytest.approx(peak_signal_noise_ratio(label, photo, data_range=255))


def test_equal_pictures_have_infinite_psnr_and_ssim_1() -> None:
    photo = synthetic_photo(0)
    assert psnr(photo, photo.copy()) == math.inf
    assert ssim(photo, photo.copy()) == pytest.approx(1)


def test_ssim_of_flat_pictures_is_the_luminance_term_alone() -> None:
    # (2 a b + C1) / (a^2 + b^2 + C1) with C1 = (0.01 * 255)^2 = 6.5025
    expected = (2 * 100 * 150 + 6.5025) / (100**2 + 150**2 + 6.5025)
    assert ssim(grey(100, 24, 24), grey(150, 24, 24)) == pytest.approx(expected, abs=1e-6)


def test_ssim_falls_with_noise() -> None:
    photo = synthetic_photo(0)
    noise = np.random.default_rng(0).normal(0, 1, photo.shape)
    little, much = (np.clip(photo + strength * noise, 0, 255).astype(np.uint8) for strength in (5, 30))
    assert ssim(much, photo) < ssim(little, photo) < 1
