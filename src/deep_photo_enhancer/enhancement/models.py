"""The models that come with the package, your own model files, and ONNX Runtime, which runs them."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_data_path

from deep_photo_enhancer.errors import ModelError
from deep_photo_enhancer.system.devices import Device, parse_device
from deep_photo_enhancer.system.forks import keep_threads

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

BUNDLED = Path(__file__).parent / "weights"
DEFAULT = "natural"
APPLICATION = "deep-photo-enhancer"
CONFIG_KEY = "deep_photo_enhancer"
"""Key of the ONNX file's metadata that holds the network's configuration and the model's description as JSON."""
GLOBAL_FEATURES = "global_features"
GIVEN_GLOBAL_FEATURES = "given_global_features"
"""The network's output and its optional input, (1, 128, 1, 1)."""

_CPU, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
Provider = tuple[str, dict[str, Any]]
Floats = NDArray[np.float32]


def bundled_models() -> dict[str, Path]:
    """Names and files of the models inside the package, the default first."""
    files = {path.stem: path for path in sorted(BUNDLED.glob("*.onnx"))}
    return dict(sorted(files.items(), key=lambda item: item[0] != DEFAULT))


def user_folder() -> Path:
    """Where a user's own models are found by their names, in the system's folder for a program's data; it need not be there."""
    return user_data_path(APPLICATION, appauthor=False) / "models"


def known_models() -> dict[str, Path]:
    """Names and files of the bundled models and then of the user's own; a bundled one's name is never another's."""
    own = {path.stem: path for path in sorted(user_folder().glob("*.onnx"))}
    bundled = bundled_models()
    return bundled | {name: path for name, path in own.items() if name not in bundled}


def find_model(name_or_path: str | Path) -> Path:
    """The file of a known model's name or of a path. ModelError lists the names that exist."""
    known = known_models()
    if str(name_or_path) in known:
        return known[str(name_or_path)]
    path = Path(name_or_path)
    if path.is_file():
        return path
    raise ModelError(f"{name_or_path}: no such model; there are {', '.join(known)}, or give the path of an .onnx file")


def name_own_model(name: str) -> Path:
    """The file of the user's own model of this name, there or not. ModelError for what cannot be a name."""
    if name in bundled_models():
        raise ModelError(f"{name}: is the name of a bundled model; choose another one")
    if not re.fullmatch(r"\w[\w.-]{0,99}", name):
        raise ModelError(f"{name}: a model's name is of letters, digits, . - and _, and begins with a letter or digit")
    return user_folder() / f"{name}.onnx"


def file_digest(model: Path) -> str:
    """Tells a model's file from all others: the first 16 digits of its SHA-256."""
    found = model.stat()
    return _digest(model, found.st_size, found.st_mtime_ns)


@lru_cache
def _digest(model: Path, _size: int, _time: int) -> str:
    return hashlib.sha256(model.read_bytes()).hexdigest()[:16]


@dataclass(frozen=True)
class ModelCard:
    """What a model's file says of its origin."""

    name: str
    date: str
    """Of the export, as 2026-01-31."""
    data: str
    """What it learned from."""
    licence: str
    """Under which it may be used."""


@dataclass(frozen=True)
class Model:
    """A network that enhances the small copy of a photo, or parts of the photo itself."""

    path: Path
    session: InferenceSession
    details: dict[str, Any]
    device: str
    """What runs the network: "cpu", "cuda" or "cuda:1"."""

    @property
    def image_size(self) -> int:
        """S: long side of the photos that the network takes."""
        return int(self.details["network"]["image_size"])

    @property
    def description(self) -> str:
        """One sentence on what the model does."""
        return str(self.details["description"])

    @property
    def card(self) -> ModelCard | None:
        """None where an earlier version wrote the file."""
        values = self.details.get("card")
        return None if values is None else ModelCard(**values)

    @property
    def takes_any_size(self) -> bool:
        """Whether `part` works: files that earlier versions wrote hold a network of S x S only."""
        return isinstance(self.session.get_inputs()[0].shape[2], str)

    def __call__(self, x: Floats) -> Floats:
        """x: (S, S, 3), RGB in [0, 1], sRGB-encoded. Returns y_fake of the same shape, not clipped."""
        return self._y_fake(x, {})

    def global_features(self, x: Floats) -> Floats | None:
        """What the network knows of the whole photo, x as above: (1, 128, 1, 1). None where it has no global features."""
        has_them = any(output.name == GLOBAL_FEATURES for output in self.session.get_outputs())
        return self._run(GLOBAL_FEATURES, x, {}) if has_them else None

    def part(self, x: Floats, global_features: Floats | None) -> Floats:
        """y_fake of a part of a photo, not clipped, by the global features of the whole.

        x: (H, W, 3), RGB in [0, 1], H and W multiples of 16. ValueError for other sizes.
        """
        if x.shape[0] % 16 or x.shape[1] % 16:
            raise ValueError(f"height and width must be multiples of 16, not {x.shape[0]} and {x.shape[1]}")
        given = {} if global_features is None else {GIVEN_GLOBAL_FEATURES: global_features}
        return self._y_fake(x, given)

    def _y_fake(self, x: Floats, given: dict[str, Floats]) -> Floats:
        y_fake: Floats = self._run("y_fake", x, given)[0]
        return y_fake.transpose(1, 2, 0)

    def _run(self, output: str, x: Floats, given: dict[str, Floats]) -> Floats:
        keep_threads()
        result: Floats = self.session.run([output], {"x": x.transpose(2, 0, 1)[None], **given})[0]
        return result


def load_model(name_or_path: str | Path = DEFAULT, device: str = "cpu", threads: int | None = None) -> Model:
    """Load a known model, by its name, or an .onnx file that `dpe export` wrote.

    device: "cpu", "cuda" or "cuda:1" for a certain one, or "auto": CUDA where it starts, else the CPU. threads: for one photo on
    the CPU; by default, one a core. ModelError when the model or the device is not there: a device that is named is not replaced.
    """
    keep_threads()
    path = find_model(name_or_path)
    session, used = _start(path, device, threads)
    try:
        model = Model(path, session, json.loads(session.get_modelmeta().custom_metadata_map[CONFIG_KEY]), used)
        _ = model.image_size, model.description, model.card
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: not a model of this tool; make one with `dpe export`") from error
    return model


def _start(path: Path, device: str, threads: int | None) -> tuple[InferenceSession, str]:
    """A session on the device, and the device's name."""
    available = load_onnxruntime().get_available_providers()
    try:
        wanted = parse_device(device)
    except ValueError as error:
        raise ModelError(str(error)) from error
    if wanted.kind == "auto":
        device = "cuda" if _CUDA in available else "cpu"
        session = _session(path, _provider(parse_device(device)), threads)
        return (session, device) if session else (_start_on_cpu(path, threads), "cpu")
    provider = _provider(wanted)
    if provider[0] not in available:
        raise ModelError(f"device {device}: this installation of ONNX Runtime has no {provider[0]}; use cpu, or onnxruntime-gpu")
    session = _session(path, provider, threads)
    if session is None:
        raise ModelError(f"device {device}: ONNX Runtime cannot start it; check the driver, or use cpu")
    return session, device


def load_onnxruntime() -> Any:
    """ONNX Runtime, imported when it is needed: it takes a while, and much of the package works without it.

    Unless `ORT_DISABLE_TELEMETRY` says otherwise, it reports nothing: its packages would to their maker, over the network.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # it is read when the library is loaded
    import onnxruntime

    return onnxruntime


def _provider(device: Device) -> Provider:
    """ONNX Runtime's name and options for a device other than auto."""
    return (_CPU, {}) if device.kind == "cpu" else (_CUDA, {"device_id": device.number or 0})


def _session(path: Path, provider: Provider, threads: int | None) -> InferenceSession | None:
    """None when the device does not start. ModelError when the file is to blame."""
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.enable_mem_pattern = False  # a third less memory for large parts of photos, for 2% of the time for small copies
    options.intra_op_num_threads = threads or 0  # 0: as many as there are cores
    try:
        session = onnxruntime.InferenceSession(path, options, providers=[provider], enable_fallback=False)
    except Exception as error:  # ONNX Runtime raises a class of its own for each of its error codes
        if provider[0] != _CPU:
            _start_on_cpu(path, threads)  # raises when the file is to blame
            return None
        raise ModelError(f"{path}: damaged, or not an ONNX model; make one with `dpe export`") from error
    return session if session.get_providers()[0] == provider[0] else None  # it may go on with the CPU by itself


def _start_on_cpu(path: Path, threads: int | None) -> InferenceSession:
    session = _session(path, (_CPU, {}), threads)
    assert session is not None
    return session
