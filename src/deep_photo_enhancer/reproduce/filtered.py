"""The labels of Table 1: what the fast local Laplacian filter makes of the inputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from deep_photo_enhancer.classical.fast_local_laplacian import fast_local_laplacian
from deep_photo_enhancer.data.files import Pixels
from deep_photo_enhancer.whole_file import whole_file


def fllf(x: Pixels) -> Pixels:
    """A photo (H, W, 3), uint8, sRGB, through the filter with its default parameters."""
    filtered = fast_local_laplacian((x / 255).astype(np.float32))
    label: Pixels = (np.clip(filtered, 0, 1) * 255 + 0.5).astype(np.uint8)
    return label


def write_fllf_labels(inputs: Path, folder: Path) -> Path:
    """A label for every PNG below `inputs`, in the same tree; those that are there already are kept. Returns the folder."""
    for path in sorted(inputs.rglob("*.png")):
        label = folder / path.relative_to(inputs)
        if label.exists():
            continue
        label.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(label) as unfinished, Image.open(path) as x:
            Image.fromarray(fllf(np.asarray(x.convert("RGB")))).save(unfinished, "PNG")
    return folder
