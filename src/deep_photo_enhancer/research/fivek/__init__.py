"""The MIT-Adobe FiveK data: from what a researcher has on disk to what training and evaluation read."""

from deep_photo_enhancer.research.fivek.layout import FiveKSettings
from deep_photo_enhancer.research.fivek.manifest import Prepared, load_prepared
from deep_photo_enhancer.research.fivek.problems import BadDataError

__all__ = ["BadDataError", "FiveKSettings", "Prepared", "load_prepared"]
