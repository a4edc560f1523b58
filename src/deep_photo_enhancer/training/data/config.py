"""Which photos a run learns from, and how its samples are made of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from deep_photo_enhancer.training.data.faults import FaultsConfig
from deep_photo_enhancer.training.data.flattening import FlatteningConfig
from deep_photo_enhancer.training.data.statistics import STATISTICS


@dataclass(frozen=True)
class DataConfig:
    """Which photos to learn from, and how a sample is made of them."""

    labels: tuple[str, ...] = ()
    """Folders of good photos: y."""
    inputs: tuple[str, ...] = ()
    """Folders of ordinary photos: x. Supervised: one folder, matched by stem with the one folder of labels. GANs: any folders,
    unpaired. Without any, x is a flattened y."""
    flatten_inputs: bool = False
    """GANs: flatten the photos of `inputs` too, because they are not as flat as they come from a camera. A run is validated with
    flattened labels then, or, where all labels that are kept have an input of the same name, with these inputs as they are."""
    validation: str | None = None
    """Text file with the names (without folder) of the photos kept for validation, one a line; `#` starts a comment."""
    validation_share: float = 0.1
    """Without such a file: share of photos kept for validation, every nth of them."""
    leave_out: str | None = None
    """Text file of the same form: photos that are neither trained on nor validated with."""
    label_statistics: tuple[float, ...] = ()
    """Wanted mean of luma mean, luma standard deviation, 95th percentile and colourfulness: labels are drawn with weights that
    bring their means there, and so are the photos that are flattened. Empty: every photo alike."""
    flattening: FlatteningConfig = field(default_factory=FlatteningConfig)
    faults: FaultsConfig = field(default_factory=FaultsConfig)
    """Supervised: faults drawn over x while y stays, in training only."""
    fit: str = "pad"
    """"pad": the photo's long side becomes S and the rest mirror padding (the paper's way); "crop": a square out of it."""
    crop: float = 0.7
    """Smallest random crop, as a share of the photo's sides; 1 takes the whole photo."""
    flip: bool = True
    """Mirror half of the photos left to right."""
    rotate: bool = False
    """Turn photos by 0, 90, 180 or 270 degrees: with `flip`, the 8 augmentations of the authors' code."""
    cache: str | None = None
    """Folder for the resized photos; without it they are kept in memory."""

    def __post_init__(self) -> None:
        if not self.labels:
            raise ValueError("labels must name at least one folder of photos")
        if self.flatten_inputs and not self.inputs:
            raise ValueError("flatten_inputs needs inputs; without any, the labels are flattened in their place")
        if self.fit not in ("pad", "crop"):
            raise ValueError(f"fit is pad or crop, not {self.fit}")
        if not 0 < self.crop <= 1:
            raise ValueError(f"crop is a share above 0 and at most 1, not {self.crop}")
        if not 0 < self.validation_share <= 0.5:
            raise ValueError(f"validation_share is above 0 and at most 0.5, not {self.validation_share}")
        if len(self.label_statistics) not in (0, len(STATISTICS)):
            raise ValueError(f"label_statistics has four numbers: {', '.join(STATISTICS)}")
