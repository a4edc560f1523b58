"""Makes ordinary photos look like the photos you love: Deep Photo Enhancer (Chen et al., CVPR 2018).

import deep_photo_enhancer as dpe
dpe.enhance("in.jpg").save("out.jpg")

The names below are published; submodules may change with any version.
"""

from deep_photo_enhancer.enhancement.enhancer import Enhancer, enhance
from deep_photo_enhancer.enhancement.models import bundled_models
from deep_photo_enhancer.errors import (
    ArchiveError,
    ConfigError,
    DataError,
    DivergenceError,
    DPEError,
    ModelError,
    PhotoError,
    TrainingError,
)
from deep_photo_enhancer.photo import Photo, SaveOptions, load_photo
from deep_photo_enhancer.version import __version__

__all__ = [
    "ArchiveError",
    "ConfigError",
    "DPEError",
    "DataError",
    "DivergenceError",
    "Enhancer",
    "ModelError",
    "Photo",
    "PhotoError",
    "SaveOptions",
    "TrainingError",
    "__version__",
    "bundled_models",
    "enhance",
    "load_photo",
]


def __dir__() -> list[str]:
    """What interactive shells complete: without the submodules that the imports above bring along."""
    return __all__
