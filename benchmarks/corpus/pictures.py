"""The pixels and profiles that the corpus is made of."""

from __future__ import annotations

import struct
from functools import cached_property
from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from benchmarks.corpus.case import Levels
from benchmarks.corpus.tools import PROFILES
from deep_photo_enhancer.photo.profiles import Primaries, matrix_profile

EXAMPLE = Path(__file__).parents[2] / "examples" / "photos" / "room-with-drum.jpg"
WIDTH = 151
CAMERA = Primaries((0.3127, 0.3290), (0.720, 0.285), (0.180, 0.890), (0.110, 0.020))
"""Of no camera, but as wide and as odd as their matrices are."""
Codes = NDArray[np.uint8] | NDArray[np.uint16]


class Pictures:
    """Files without metadata in a folder, made when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def colours(self) -> NDArray[np.uint8]:
        """A small real photo of odd width, (H, W, 3)."""
        return np.ascontiguousarray(pyvips.Image.thumbnail(str(EXAMPLE), WIDTH).numpy()[..., :3])

    @cached_property
    def deep(self) -> NDArray[np.uint16]:
        """The same with 16 bits that 8 cannot hold: half of a code between neighbours."""
        noise = np.random.default_rng(1).integers(-120, 121, self.colours.shape)
        return np.clip(self.colours.astype(int) * 257 + noise, 0, 65535).astype(np.uint16)

    @cached_property
    def grey(self) -> NDArray[np.uint8]:
        return np.asarray(self.colours[..., 1:2])

    @cached_property
    def alpha(self) -> NDArray[np.uint8]:
        """Transparent at the left, opaque at the right."""
        return (np.ones((len(self.colours), 1, 1)) * np.linspace(0, 255, WIDTH)[:, None]).astype(np.uint8)

    def pnm(self, name: str, pixels: Codes) -> Path:
        """A PPM or PGM file."""
        path = self.folder / f"{name}.{'ppm' if pixels.shape[2] == 3 else 'pgm'}"
        if not path.exists():
            kind, most = (6 if pixels.shape[2] == 3 else 5), int(np.iinfo(pixels.dtype).max)
            head = f"P{kind} {pixels.shape[1]} {pixels.shape[0]} {most}\n".encode()
            path.write_bytes(head + pixels.astype(pixels.dtype.newbyteorder(">")).tobytes())
        return path

    @property
    def ppm(self) -> Path:
        return self.pnm("colours", self.colours)

    @property
    def deep_ppm(self) -> Path:
        return self.pnm("deep", self.deep)

    @property
    def pgm(self) -> Path:
        return self.pnm("grey", self.grey)

    def profile(self, name: str) -> Path:
        """The file of a profile: one of PROFILE_NAMES."""
        path = self.folder / f"{name}.icc"
        if not path.exists():
            path.write_bytes(profile(name))
        return path


def levels(colours: Codes) -> Levels:
    """(H, W, 1 or 3) codes as opaque levels."""
    scaled = (colours / np.float32(np.iinfo(colours.dtype).max)).astype(np.float32)
    spread = np.repeat(scaled, 3, 2) if scaled.shape[2] == 1 else scaled
    return np.concatenate([spread, np.ones_like(spread[..., :1])], 2)


def profile(name: str) -> bytes:
    """An ICC profile by its usual name."""
    files = {
        "sRGB": "colord/sRGB.icc",
        "Adobe RGB": "colord/AdobeRGB1998.icc",
        "ProPhoto": "colord/ProPhotoRGB.icc",
        "grey": "Gray.icc",
    }
    if name in files:
        return (PROFILES / files[name]).read_bytes()
    if name in ("p3", "cmyk"):
        return _of_libvips(name)
    made = {
        "Rec. 2020": (Primaries((0.3127, 0.3290), (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)), 2.4),
        "camera": (CAMERA, 1.8),
    }
    tables = {"table": 0, "long": 150_000}
    return table_profile(tables[name]) if name in tables else matrix_profile(*made[name], f"{name}, made")


def _of_libvips(name: str) -> bytes:
    image = pyvips.Image.black(1, 1, bands=3).copy(interpretation="srgb").icc_transform(name)
    found: bytes = image.get("icc-profile-data")
    return found


def table_profile(ballast: int = 0) -> bytes:
    """Adobe RGB's primaries, gamma 2.2, as tables (lut16Type) from and to XYZ (ICC.1:2010, 10.8), and bytes that mean nothing."""
    to_xyz = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
    corners = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"), -1).reshape(8, 3)
    steps = np.linspace(0, 1, 4096)
    forth = _table(np.eye(3), steps**2.2, corners @ to_xyz.T * 32768, steps[[0, -1]])
    back = _table(np.linalg.inv(to_xyz) * 65535 / 32768, steps[[0, -1]], corners * 65535, steps ** (1 / 2.2))
    text = b"desc\0\0\0\0\0\0\0\x05LUT2\0" + bytes(78)
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    tags = {b"desc": text, b"cprt": b"text\0\0\0\0CC0\0", b"wtpt": white, b"A2B0": forth, b"B2A0": back}
    if ballast:
        tags[b"zzzz"] = b"data\0\0\0\0\0\0\0\1" + np.random.default_rng(0).bytes(ballast)
    table, body, begin = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, begin + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", begin + len(body), bytes(4), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    return head + bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48) + table + body


def _table(
    matrix: NDArray[np.float64], before: NDArray[np.float64], grid: NDArray[np.float64], after: NDArray[np.float64]
) -> bytes:
    numbers = [round(float(value) * 65536) for value in matrix.ravel()]
    head = b"mft2\0\0\0\0" + bytes([3, 3, 2, 0]) + struct.pack(">9i2H", *numbers, len(before), len(after))
    return head + _codes(before * 65535) * 3 + _codes(grid) + _codes(after * 65535) * 3


def _codes(values: NDArray[np.float64]) -> bytes:
    return np.clip(np.round(values), 0, 65535).astype(">u2").tobytes()
