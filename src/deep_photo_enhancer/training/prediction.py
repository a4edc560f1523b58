"""What a generator makes of whole photos."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.training.data.drawing import to_sample
from deep_photo_enhancer.training.networks.config import Norms


@torch.no_grad()
def predict(network: nn.Module, x: Pixels, device: torch.device, norms: Norms = "real") -> Pixels:
    """y_fake for a photo: its long side, S, padded to the square, enhanced, cropped, clipped. (H, W, 3), uint8."""
    planes, _ = to_sample(x, max(x.shape[:2]))
    y_fake = network(planes[None].to(device), norms)[0].cpu().numpy().transpose(1, 2, 0)  # (1, 3, S, S) -> (S, S, 3)
    cropped: Pixels = (np.clip(y_fake[: x.shape[0], : x.shape[1]], 0, 1) * 255 + 0.5).astype(np.uint8)
    return cropped
