"""The labels of Table 1: what the fast local Laplacian filter makes of the inputs."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from deep_photo_enhancer.enhancement.classical.fast_local_laplacian import fast_local_laplacian
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.evaluation.systems import of_floats
from deep_photo_enhancer.research.fivek.manifest import Prepared, fingerprint
from deep_photo_enhancer.system.files import atomic_write

FILTER = partial(fast_local_laplacian, sigma_r=0.4, alpha=0.5, beta=1.0, levels=16, noise=(0.01, 0.02))
"""With the parameters of its usual example, which amplifies detail; the paper does not give its own."""


def fllf(x: Pixels) -> Pixels:
    """A photo (H, W, 3), uint8, sRGB, through the filter."""
    return of_floats(FILTER, x)


def write_fllf_labels(prepared: Prepared, folder: Path) -> Path:
    """A label for every input, in the same tree, in a folder below `folder`, which is returned; labels that are there are kept.

    The folder's name depends on the photos and the filter's parameters.
    """
    inputs = prepared.folder / "inputs"
    place = folder / f"fllf-{fingerprint([(prepared.fingerprint, json.dumps(FILTER.keywords))])[:8]}"
    for path in sorted(inputs.rglob("*.png")):
        label = place / path.relative_to(inputs)
        if not label.exists():
            with atomic_write(label) as unfinished, Image.open(path) as x:
                Image.fromarray(fllf(np.asarray(x.convert("RGB")))).save(unfinished, "PNG")
    return place
