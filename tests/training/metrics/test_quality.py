from __future__ import annotations

import math

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from deep_photo_enhancer.training.metrics import quality as metrics
from deep_photo_enhancer.training.metrics.quality import METRICS, ciede2000, psnr, ssim, ssim_uniform
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


def test_both_ssims_are_scikit_images_with_its_options() -> None:
    photo, label = synthetic_photo(0), synthetic_photo(1)
    by_default = structural_similarity(label, photo, channel_axis=-1)
    wang = structural_similarity(
        label, photo, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert ssim_uniform(photo, label) == pytest.approx(by_default)
    assert ssim(photo, label) == pytest.approx(wang)
    assert abs(by_default - wang) > 1e-3


def test_uniform_ssim_of_one_window_by_hand() -> None:
    # one window of 49 pixels, one of which is 49 codes brighter: means 100 and 101, the sample variance of the label is 49
    photo, label = grey(100, 7, 7), grey(100, 7, 7)
    label[3, 3] = 149
    luminance = (2 * 100 * 101 + 6.5025) / (100**2 + 101**2 + 6.5025)
    contrast = 58.5225 / (49 + 58.5225)  # C2 = (0.03 * 255)^2
    assert ssim_uniform(photo, label) == pytest.approx(luminance * contrast)


def test_photos_narrower_than_the_windows_have_an_ssim() -> None:
    photo, label = synthetic_photo(0)[:3], synthetic_photo(1)[:3]
    assert -1 < ssim_uniform(photo, label) < 1
    assert -1 < ssim(photo, label) < 1


@pytest.mark.parametrize(("a", "b"), [(40, 60), (119, 120), (250, 255)])
def test_ciede2000_of_greys_is_their_distance_in_lightness_over_its_weight(a: int, b: int) -> None:
    # for greys, Delta E = Delta L / S_L with S_L = 1 + 0.015 (L - 50)^2 / sqrt(20 + (L - 50)^2) at the mean L
    light, dark = (116 * (((code / 255 + 0.055) / 1.055) ** 2.4) ** (1 / 3) - 16 for code in (b, a))
    from_middle = ((light + dark) / 2 - 50) ** 2
    expected = (light - dark) / (1 + 0.015 * from_middle / math.sqrt(20 + from_middle))
    assert ciede2000(grey(a), grey(b)) == pytest.approx(expected, abs=2e-4)


def test_ciede2000_of_colours_is_scikit_images_in_double_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "BAND", 1000)
    photo, label = synthetic_photo(0), synthetic_photo(1)
    expected = deltaE_ciede2000(rgb2lab(label), rgb2lab(photo)).mean()
    assert ciede2000(photo, label) == pytest.approx(expected, rel=1e-6)
    assert ciede2000(photo, photo.copy()) == 0


def test_ciede2000_of_near_equal_pictures_is_that_of_double_precision_to_1e_5() -> None:
    label = synthetic_photo(0)
    photo = np.where(label < 255, label + 1, label).astype(np.uint8)
    expected = deltaE_ciede2000(rgb2lab(label), rgb2lab(photo)).mean()
    assert ciede2000(photo, label) == pytest.approx(expected, abs=1e-5)


def test_ciede2000_of_red_and_green_is_the_published_one() -> None:
    red, green = grey(0), grey(0)
    red[..., 0], green[..., 1] = 255, 255
    assert ciede2000(red, green) == pytest.approx(86.61, abs=0.01)


def test_bands_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    photo, label = synthetic_photo(0), synthetic_photo(1)
    whole = [metric.measure(photo, label) for metric in METRICS.values()]
    monkeypatch.setattr(metrics, "BAND", 1000)  # bands of 10 rows, the last one lower
    assert [metric.measure(photo, label) for metric in METRICS.values()] == pytest.approx(whole, rel=1e-7)


def test_the_better_of_two_pictures_is_better_by_every_metric() -> None:
    label = synthetic_photo(0)
    good, bad = (np.clip(label.astype(int) + error, 0, 255).astype(np.uint8) for error in (2, 20))
    for metric in METRICS.values():
        difference = metric.measure(good, label) - metric.measure(bad, label)
        assert (difference > 0) == metric.higher_is_better
