"""Fast local Laplacian filter: detail and range of tones, edge by edge, without halos.

Paris, Hasinoff, Kautz, "Local Laplacian filters: edge-aware image processing with a Laplacian pyramid", SIGGRAPH 2011, in the
fast form of Aubry, Paris, Hasinoff, Kautz, Durand, "Fast local Laplacian filters: theory and applications", TOG 2014.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deep_photo_enhancer.enhancement.classical.luma import change_luma, luma
from deep_photo_enhancer.enhancement.classical.pyramid import collapse, expand, gaussian_pyramid
from deep_photo_enhancer.photo.arrays import Floats
from deep_photo_enhancer.system.progress import track

NOISE = (0.0, 0.1)
"""Our own choice: with 0.01 and 0.02, as in Section 5.1 of the paper of 2011, 24 levels show as rings in smooth skies."""


def fast_local_laplacian(
    photo: Floats,
    *,
    sigma_r: float = 0.4,
    alpha: float = 0.7,
    beta: float = 1.0,
    levels: int = 24,
    noise: tuple[float, float] = NOISE,
) -> Floats:
    """A photo with more or less detail, and with a wider or narrower range of tones.

    photo: (H, W, 3), sRGB-encoded, in [0, 1]; the result too. sigma_r: differences of intensity up to it are detail, larger ones
    are edges. alpha: below 1 amplifies detail, above 1 smooths it, 1 leaves it. beta: below 1 flattens edges and so compresses
    the range of tones, above 1 expands it. levels: intensities at which the filter is sampled. noise: differences of intensity
    below the first are noise and not amplified, from the second on they are detail. Intensity is luma; colours keep their
    ratios. ValueError for parameters out of range.
    """
    if not (sigma_r > 0 and alpha > 0 and beta >= 0 and levels >= 2 and 0 <= noise[0] < noise[1]):
        raise ValueError(
            "sigma_r and alpha are above 0, beta is not below, levels are 2 or more, and noise rises: "
            f"{sigma_r}, {alpha}, {beta}, {levels}, {noise}"
        )
    old = luma(photo)
    return change_luma(photo, old, np.clip(filter_channel(old, sigma_r, alpha, beta, levels, noise), 0, None))


def filter_channel(
    intensity: Floats, sigma_r: float, alpha: float, beta: float, levels: int, noise: tuple[float, float] = NOISE
) -> Floats:
    """The filter on one channel: (H, W) in [0, 1] -> (H, W), not clipped.

    Algorithm 1 of the paper of 2014: coefficients of the output's Laplacian pyramid are interpolated between those of `levels`
    remapped copies of the whole picture. The coarsest level stays as it is.
    """
    guides = gaussian_pyramid(intensity)
    samples = np.linspace(intensity.min(), intensity.max(), levels, dtype=np.float32)
    step = max(float(samples[1] - samples[0]), 1e-6)
    output = [np.zeros_like(guide) for guide in guides[:-1]]
    for g in track(samples.tolist()):
        planes = gaussian_pyramid(remap(intensity, g, sigma_r, alpha, beta, noise))
        for total, guide, fine, coarse in zip(output, guides, planes, planes[1:], strict=False):
            weight = np.maximum(1 - abs(guide - g) / np.float32(step), 0)
            total += weight * (fine - expand(coarse, fine.shape))
    return collapse(output, guides[-1])


def remap(intensity: Floats, g: float, sigma_r: float, alpha: float, beta: float, noise: tuple[float, float] = NOISE) -> Floats:
    """r_g of the paper of 2011, Equations 1 to 3: details around the intensity g by `alpha`, edges by `beta`."""
    difference = intensity - np.float32(g)
    size = abs(difference)
    detail = sigma_r * _detail(np.minimum(size / np.float32(sigma_r), 1), alpha, [end / sigma_r for end in noise])
    edge = np.float32(beta) * np.maximum(size - np.float32(sigma_r), 0)
    result: Floats = (np.float32(g) + np.copysign(detail + edge, difference)).astype(intensity.dtype)
    return result


def _detail(share: Floats, alpha: float, noise: Sequence[float]) -> Floats:
    """f_d: share ** alpha; where that would amplify noise, the share itself. share and noise are shares of sigma_r."""
    power: Floats = share ** np.float32(alpha)
    if alpha >= 1:
        return power
    ramp = np.clip((share - np.float32(noise[0])) / np.float32(noise[1] - noise[0]), 0, 1)
    smooth = ramp * ramp * (3 - 2 * ramp)
    mixed: Floats = share + smooth * (power - share)
    return mixed
