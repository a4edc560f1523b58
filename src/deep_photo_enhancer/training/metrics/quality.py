"""How close a picture is to its label: both uint8, (H, W, 3), sRGB, padding cropped away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from deep_photo_enhancer.photo.arrays import Pixels

WINDOW = 11
UNIFORM_WINDOW = 7
BAND = 1 << 19
"""Pixels that are compared at a time: large photos would take gigabytes."""


def psnr(photo: Pixels, label: Pixels) -> float:
    """Peak signal-to-noise ratio in dB over all channels; infinite for equal pictures."""
    error = sum(np.sum((part.astype(np.float64) - of_label) ** 2) for part, of_label in _bands(photo, label)) / photo.size
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def ssim(photo: Pixels, label: Pixels) -> float:
    """Structural similarity, mean over the channels: Gaussian window of 1.5 pixels (Wang et al. 2004).

    Photos narrower than the window's 11 pixels are mirrored until they fill it. Wang et al. measure luminance alone.
    """
    return _ssim(photo, label, WINDOW, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)


def ssim_uniform(photo: Pixels, label: Pixels) -> float:
    """Structural similarity as scikit-image has it by default: uniform window of 7 x 7, sample covariance, channels' mean.

    This is `compare_ssim(..., multichannel=True)` of the time of the paper, which does not say how it measures SSIM; nor does the
    released code, which measures PSNR alone. Photos narrower than the window are mirrored until they fill it.
    """
    return _ssim(photo, label, UNIFORM_WINDOW)


def _ssim(photo: Pixels, label: Pixels, window: int, **options: Any) -> float:
    """Band by band: as scikit-image leaves out a margin of half a window, a band takes the rows that its neighbours leave out."""
    missing = [max(0, window - side) for side in photo.shape[:2]]
    photo, label = (np.pad(p, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric") for p in (photo, label))
    margins = window - 1
    rows, band = len(photo) - margins, _rows_of_band(photo)
    total = 0.0
    for first in range(0, rows, band):
        last = min(first + band, rows)
        parts = (p[first : last + margins] for p in (label, photo))
        total += (last - first) * structural_similarity(*parts, channel_axis=-1, win_size=window, data_range=255, **options)
    return float(total / rows)


def ciede2000(photo: Pixels, label: Pixels) -> float:
    """Mean colour difference of the pixels: CIEDE2000 (Sharma et al. 2005) in CIELAB of D65; about 1 can just be noticed."""
    total = sum(deltaE_ciede2000(_lab(part), _lab(of_label)).sum(dtype=np.float64) for part, of_label in _bands(photo, label))
    return float(total / photo[..., 0].size)


def _lab(pixels: Pixels) -> NDArray[np.float32]:
    """CIELAB; single precision halves the time.

    It moved the mean Delta E of random pictures by less than 1e-5, and no pixel's by more than 0.003.
    """
    lab: NDArray[np.float32] = rgb2lab(pixels.astype(np.float32) / 255)
    return lab


def _bands(photo: Pixels, label: Pixels) -> Iterator[tuple[Pixels, Pixels]]:
    band = _rows_of_band(photo)
    for first in range(0, len(photo), band):
        yield photo[first : first + band], label[first : first + band]


def _rows_of_band(photo: Pixels) -> int:
    return max(1, BAND // int(photo.shape[1]))


@dataclass(frozen=True)
class Metric:
    """One way to compare a picture with its label."""

    title: str
    measure: Callable[[Pixels, Pixels], float]
    digits: int
    """After the point, in tables."""
    higher_is_better: bool
    description: str
    """For readers of results."""


METRICS = {
    "psnr": Metric("PSNR (dB)", psnr, 2, True, "peak signal-to-noise ratio over all pixels and channels; peak 255"),
    "ssim_uniform": Metric(
        "SSIM 7x7",
        ssim_uniform,
        4,
        True,
        "scikit-image's default: uniform window of 7 x 7, sample covariance, mean of R, G and B",
    ),
    "ssim_gaussian": Metric(
        "SSIM Gauss", ssim, 4, True, "Wang et al. 2004: Gaussian window of 11 x 11, sigma 1.5; mean of R, G and B"
    ),
    "ciede2000": Metric("CIEDE2000", ciede2000, 2, False, "mean colour difference of the pixels, CIELAB of D65; lower is better"),
}
"""What an evaluation measures, by the names in its files."""
