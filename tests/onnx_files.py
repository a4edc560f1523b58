"""Small ONNX models of known effect, written byte by byte: the base installation cannot write them.

An ONNX file is a message of Protocol Buffers: fields, each with its number, as in onnx.proto.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement.models import CONFIG_KEY

SIZE = 64
"""S of the models below."""
DETAILS: dict[str, Any] = {"description": "a model for tests", "network": {"image_size": SIZE}}

Nodes = list[tuple[str, list[str], str]]

MODELS: dict[str, tuple[Nodes, dict[str, NDArray[Any]]]] = {
    "identity": ([("Identity", ["x"], "y_fake")], {}),
    "lift": (
        [("Mul", ["x", "slope"], "scaled"), ("Add", ["scaled", "offset"], "y_fake")],
        {"slope": np.array([0.8], np.float32), "offset": np.array([0.1], np.float32)},
    ),
    "gains": ([("Mul", ["x", "gains"], "y_fake")], {"gains": np.array([1.15, 0.95, 0.7], np.float32).reshape(1, 3, 1, 1)}),
    "gamma": ([("Pow", ["x", "power"], "y_fake")], {"power": np.array([0.7], np.float32)}),
    "mean": (  # every pixel is the mean of the whole square
        [("ReduceMean", ["x", "axes"], "mean"), ("Mul", ["x", "zero"], "black"), ("Add", ["black", "mean"], "y_fake")],
        {"axes": np.array([2, 3]), "zero": np.array([0], np.float32)},
    ),
}
"""lift: 0.8 x + 0.1; gains: a factor a channel; gamma: x to the power of 0.7."""


def write_model(path: Path, kind: str, properties: dict[str, str] | None = None) -> Path:
    """Write one of MODELS as an .onnx file; properties replace this tool's entry in its metadata."""
    nodes, constants = MODELS[kind]
    properties = {CONFIG_KEY: json.dumps(DETAILS)} if properties is None else properties
    graph = b"".join(
        [
            *(_field(1, _node(*node)) for node in nodes),
            _field(2, kind.encode()),
            *(_field(5, _tensor(name, value)) for name, value in constants.items()),
            _field(11, _photo("x")),
            _field(12, _photo("y_fake")),
        ]
    )
    opset = _field(1, b"") + _field(2, 18)
    entries = [_field(1, name.encode()) + _field(2, value.encode()) for name, value in properties.items()]
    path.write_bytes(_field(1, 9) + _field(7, graph) + _field(8, opset) + b"".join(_field(14, entry) for entry in entries))
    return path


def _node(operator: str, inputs: Iterable[str], output: str) -> bytes:
    return b"".join(_field(1, name.encode()) for name in inputs) + _field(2, output.encode()) + _field(4, operator.encode())


def _tensor(name: str, value: NDArray[Any]) -> bytes:
    kind = {"float32": 1, "int64": 7}[value.dtype.name]
    sides = b"".join(_field(1, side) for side in value.shape)
    return sides + _field(2, kind) + _field(8, name.encode()) + _field(9, value.tobytes())


def _photo(name: str) -> bytes:
    """An input or output of shape (1, 3, SIZE, SIZE), float32."""
    shape = b"".join(_field(1, _field(1, side)) for side in (1, 3, SIZE, SIZE))
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, 1) + _field(2, shape)))


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + _varint(value >> 7)
