"""The models that come with the package, and model files of one's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from deep_photo_enhancer.errors import ModelError

BUNDLED = Path(__file__).parent / "weights"
DEFAULT = "natural"
CONFIG_KEY = "deep_photo_enhancer"
"""Key of the ONNX file's metadata that holds the network's configuration and the model's description as JSON."""

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


def bundled_models() -> dict[str, Path]:
    """Names and files of the models inside the package, the default first."""
    files = {path.stem: path for path in sorted(BUNDLED.glob("*.onnx"))}
    return dict(sorted(files.items(), key=lambda item: item[0] != DEFAULT))


def find_model(name_or_path: str | Path) -> Path:
    """The file of a bundled model's name or of a path. ModelError lists the names that exist."""
    bundled = bundled_models()
    if str(name_or_path) in bundled:
        return bundled[str(name_or_path)]
    path = Path(name_or_path)
    if path.is_file():
        return path
    raise ModelError(f"{name_or_path}: no such model; bundled are {', '.join(bundled)}, or give the path of an .onnx file")


@dataclass(frozen=True)
class Model:
    """A network that enhances the small copy of a photo."""

    path: Path
    session: onnxruntime.InferenceSession
    details: dict[str, Any]

    @property
    def image_size(self) -> int:
        """S: long side of the photos that the network takes."""
        return int(self.details["network"]["image_size"])

    @property
    def description(self) -> str:
        """One sentence on what the model does."""
        return str(self.details["description"])

    @cached_property
    def device(self) -> str:
        """What really runs the network."""
        return {provider: name for name, provider in _PROVIDERS.items()}[self.session.get_providers()[0]]

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """x: (S, S, 3), RGB in [0, 1], sRGB-encoded. Returns y_fake of the same shape, not clipped."""
        y_fake: NDArray[np.float32] = self.session.run(None, {"x": x.transpose(2, 0, 1)[None]})[0][0]
        return y_fake.transpose(1, 2, 0)


def load_model(name_or_path: str | Path = DEFAULT, device: str = "cpu") -> Model:
    """Load a bundled model or an .onnx file that `dpe export` wrote. ModelError when the model or the device is not there."""
    path = find_model(name_or_path)
    if device not in _PROVIDERS:
        raise ModelError(f"device {device}: not known; use {' or '.join(_PROVIDERS)}")
    if _PROVIDERS[device] not in onnxruntime.get_available_providers():
        raise ModelError(f"device {device}: this installation of ONNX Runtime has no {_PROVIDERS[device]}; use cpu")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(path, options, providers=[_PROVIDERS[device]])
        model = Model(path, session, json.loads(session.get_modelmeta().custom_metadata_map[CONFIG_KEY]))
        _ = model.image_size, model.description
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: not a model of this tool; make one with `dpe export`") from error
    except Exception as error:  # ONNX Runtime raises a class of its own for each of its error codes
        raise ModelError(f"{path}: damaged, or not an ONNX model; make one with `dpe export`") from error
    if model.device != device:  # ONNX Runtime goes on with the CPU when a device does not start
        raise ModelError(f"device {device}: ONNX Runtime cannot start it; check the driver, or use cpu")
    return model
