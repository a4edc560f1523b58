"""Small ONNX models of known effect, colour profiles, and EXIF blocks for the tests of the enhancing wing."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyvips
from numpy.typing import NDArray
from PIL import Image

from deep_photo_enhancer.enhancement.models import CONFIG_KEY

SIZE = 64
"""S of the models below."""
DETAILS: dict[str, Any] = {"description": "a model for tests", "network": {"image_size": SIZE}}

Colours = NDArray[np.uint8]
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
    shape = [1, 3, SIZE, SIZE]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(operator, inputs, [output]) for operator, inputs, output in nodes],
        kind,
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [onnx.helper.make_tensor_value_info("y_fake", onnx.TensorProto.FLOAT, shape)],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9)
    onnx.helper.set_model_props(model, {CONFIG_KEY: json.dumps(DETAILS)} if properties is None else properties)
    onnx.checker.check_model(model)
    onnx.save_model(model, path)
    return path


def smooth_photo(height: int = 60, width: int = 90) -> Colours:
    """Ramps between 0.1 and 0.8, another one in each channel: nothing that `lift` or `gains` would clip."""
    rows, columns = np.mgrid[0:height, 0:width]
    rows, columns = rows / max(height - 1, 1), columns / max(width - 1, 1)
    photo = np.stack([0.1 + 0.7 * columns, 0.1 + 0.7 * rows, 0.8 - 0.35 * (rows + columns)], 2)
    return (photo * 255).round().astype(np.uint8)


def noise(seed: int, *shape: int) -> Colours:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def icc_profile(name: str) -> bytes:
    """Bytes of one of libvips' own profiles: "p3", "srgb" or "cmyk"."""
    pixel = pyvips.Image.black(1, 1, bands=3).copy(interpretation="srgb")
    profile: bytes = pixel.icc_transform(name).get("icc-profile-data")
    return profile


def in_profile(srgb: Colours, profile: bytes) -> Colours:
    """The codes that stand for the same colours in a profile's space; by LittleCMS through Pillow."""
    from PIL import ImageCms

    space = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    there = ImageCms.profileToProfile(Image.fromarray(srgb), ImageCms.createProfile("sRGB"), space)
    assert there is not None
    return np.asarray(there)


def out_of_profile(codes: Colours, profile: bytes) -> Colours:
    """The inverse of `in_profile`."""
    from PIL import ImageCms

    space = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    back = ImageCms.profileToProfile(Image.fromarray(codes), space, ImageCms.createProfile("sRGB"))
    assert back is not None
    return np.asarray(back)


def exif_block(orientation: int, thumbnail: bytes) -> bytes:
    """EXIF with a maker, an orientation and a thumbnail, byte by byte."""
    maker = b"Maker\0"
    maker_at = 8 + 2 + 2 * 12 + 4
    second_at = maker_at + len(maker)
    thumbnail_at = second_at + 2 + 3 * 12 + 4
    first = _directory([(0x10F, 2, len(maker), maker_at), (0x112, 3, 1, orientation)], following=second_at)
    second = _directory([(0x103, 3, 1, 6), (0x201, 4, 1, thumbnail_at), (0x202, 4, 1, len(thumbnail))], following=0)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + first + maker + second + thumbnail


def _directory(entries: Sequence[tuple[int, int, int, int]], following: int) -> bytes:
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + body + struct.pack("<I", following)


def jpeg_bytes(pixels: Colours, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", **options)
    return stream.getvalue()


def opened(path: Path) -> Image.Image:
    """A file as Pillow reads it, with no file left open."""
    return Image.open(io.BytesIO(path.read_bytes()))
