"""Tone statistics of a photo, and weights that bring a set's mean statistics to wanted values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.errors import DataError
from deep_photo_enhancer.training.data.light import LUMA

STATISTICS = ("luma_mean", "luma_std", "p95", "colourfulness")


def tone_statistics(photo: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean, standard deviation and 95th percentile of the luma, and colourfulness; all on the 8-bit scale.

    photo: (H, W, 3), uint8, sRGB. Colourfulness is Hasler and Suesstrunk 2003 (M3).
    """
    rgb = photo.astype(np.float32)
    luma = rgb @ LUMA
    red_green = rgb[..., 0] - rgb[..., 1]
    yellow_blue = (rgb[..., 0] + rgb[..., 1]) / 2 - rgb[..., 2]
    colourfulness = np.hypot(red_green.std(), yellow_blue.std()) + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean())
    return np.array([luma.mean(), luma.std(), np.percentile(luma, 95), colourfulness])


def tilted_weights(statistics: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights, adding up to 1, under which the mean of `statistics` (N, K) is `wanted` (K): those closest to equal weights.

    Exponential tilting: the weights of least Kullback-Leibler divergence from equal ones are exp(statistics @ t) up to a
    factor; t solves a convex problem, here by Newton's method. DataError when no weights reach the wanted means.
    """
    scale = statistics.std(axis=0) + 1e-9
    centred = (statistics - wanted) / scale
    t = np.zeros(len(wanted))
    weights = np.full(len(centred), 1 / len(centred))
    for _ in range(100):
        weights = _softmax(centred @ t)
        gradient = weights @ centred
        if np.abs(gradient).max() < 1e-6:
            return weights
        hessian = (centred * weights[:, None]).T @ centred - np.outer(gradient, gradient)
        step = np.linalg.solve(hessian + 1e-9 * np.eye(len(t)), gradient)
        t -= step / max(1.0, float(np.abs(step).max()))
    raise DataError(f"no choice among the {len(statistics)} photos has the mean statistics {wanted}: add photos or ask for less")


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    exponentials = np.exp(logits - logits.max())
    weights: NDArray[np.float64] = exponentials / exponentials.sum()
    return weights
