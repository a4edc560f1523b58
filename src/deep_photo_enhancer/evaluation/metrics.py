"""How close a picture is to its label: both uint8, (H, W, 3), sRGB, padding cropped away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

Pixels = NDArray[np.uint8]
WINDOW = 11


def psnr(photo: Pixels, label: Pixels) -> float:
    """Peak signal-to-noise ratio in dB over all channels; infinite for equal pictures."""
    error = np.mean((photo.astype(np.float64) - label) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def ssim(photo: Pixels, label: Pixels) -> float:
    """Structural similarity, mean over the channels: Gaussian window of 1.5 pixels (Wang et al. 2004).

    Photos narrower than the window's 11 pixels are mirrored until they fill it.
    """
    missing = [max(0, WINDOW - side) for side in photo.shape[:2]]
    photo, label = (np.pad(p, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric") for p in (photo, label))
    return float(
        structural_similarity(
            photo, label, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
        )
    )
