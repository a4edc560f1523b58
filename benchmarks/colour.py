"""Does a photo in a wide colour space get the look that its sRGB version gets, and lose nothing?

    python -m benchmarks.colour

A real example photo is made more colourful in each colour space, so that much of it lies outside sRGB. At strength 0 the command
must return it bit by bit, as PNG and TIFF. At strength 1 two ways are compared: enhanced in its own space and then converted to
sRGB, and converted to sRGB and then enhanced. The mean CIEDE2000 of all pixels may be 1.0. Exit status 1 when a bar is missed.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyvips
from click.testing import CliRunner
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from benchmarks.machine import machine
from deep_photo_enhancer.cli import main as command
from deep_photo_enhancer.photo.profiles import Primaries, matrix_profile
from deep_photo_enhancer.system.text import table

EXAMPLES = Path(__file__).parents[1] / "examples" / "photos"
PHOTOS = ("dandelions-in-dark-grass.jpg", "room-with-drum.jpg")
SIDE = 1024
SATURATION = 2.0
"""How much further from grey the colours are in the wide space than in sRGB."""
BAR = 1.0
_D65 = (0.3127, 0.3290)
SPACES: Mapping[str, tuple[Primaries, float | None]] = {
    "sRGB": (Primaries(_D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06)), None),
    "Adobe RGB": (Primaries(_D65, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), 563 / 256),
    "Display P3": (Primaries(_D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), None),
    "Rec. 2020": (Primaries(_D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)), 2.4),
    "ProPhoto": (Primaries((0.3457, 0.3585), (0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), 1.8),
    "a camera's matrix": (Primaries(_D65, (0.720, 0.285), (0.180, 0.890), (0.110, 0.020)), 2.2),
}
Colours = NDArray[np.uint16]


def colourful(photo: Path, profile: bytes) -> Colours:
    """A photo in the space of a profile, (H, W, 3), 16 bits, with SATURATION there. Hue and brightness are the example's."""
    image = pyvips.Image.thumbnail(str(photo), SIDE)[0:3].cast("ushort") * 257
    own = _transformed(image.cast("ushort").copy(interpretation="rgb16").numpy(), "srgb", profile).astype(np.float64)
    grey = own @ [0.25, 0.6, 0.15]
    codes: Colours = np.clip(grey[..., None] + SATURATION * (own - grey[..., None]), 0, 65535).round().astype(np.uint16)
    return codes


def _transformed(codes: Colours, profile: bytes | str, to: bytes | str) -> Colours:
    """16-bit colours from one space to another: relative, clipped."""
    with TemporaryDirectory() as folder:
        names = [_named(each, Path(folder) / name) for each, name in ((profile, "from.icc"), (to, "to.icc"))]
        image = pyvips.Image.new_from_array(np.ascontiguousarray(codes), interpretation="rgb16")
        converted: Colours = image.icc_transform(names[1], input_profile=names[0], depth=16, intent="relative").numpy()
        return converted


def _named(profile: bytes | str, file: Path) -> str:
    if isinstance(profile, str):
        return profile
    file.write_bytes(profile)
    return str(file)


def outside(codes: Colours, profile: bytes) -> NDArray[np.bool_]:
    """Which pixels lie outside sRGB: those that the way there and back changes by more than a hundredth. (H, W)."""
    back = _transformed(_transformed(codes, profile, "srgb"), "srgb", profile)
    changed: NDArray[np.bool_] = np.abs(back.astype(int) - codes).max(2) > 655
    return changed


def save(codes: Colours, profile: bytes | None, path: Path) -> None:
    image = pyvips.Image.new_from_array(codes, interpretation="rgb16")
    if profile is not None:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    image.write_to_file(str(path))


def enhanced(path: Path, strength: int) -> Colours:
    """What `dpe enhance` makes of a file. (H, W, 3)."""
    output = path.with_name(f"enhanced{path.suffix}")
    arguments = ["enhance", str(path), "-o", str(output), "--strength", str(strength), "-q"]
    result = CliRunner().invoke(command, arguments)
    if result.exit_code:
        raise RuntimeError(result.output)
    codes: Colours = pyvips.Image.new_from_file(str(output), revalidate=True).numpy()  # not the one of this name before
    return codes


def measured(photo: Path, name: str, folder: Path) -> dict[str, Any]:
    """One row: whether strength 0 changes anything, and CIEDE2000 between the two ways."""
    profile = matrix_profile(*SPACES[name], name)
    codes = colourful(photo, profile)
    same = True
    for suffix in (".png", ".tif"):
        save(codes, profile, folder / f"own{suffix}")
        same &= np.array_equal(enhanced(folder / f"own{suffix}", 0), codes)
    own_way = _transformed(enhanced(folder / "own.png", 1), profile, "srgb")
    save(_transformed(codes, profile, "srgb"), None, folder / "srgb.png")
    other_way = enhanced(folder / "srgb.png", 1)
    distance = deltaE_ciede2000(rgb2lab(own_way / 65535), rgb2lab(other_way / 65535))
    far = outside(codes, profile)
    return {"photo": photo.stem, "space": name, "same": same, "distance": distance, "outside": far}


def row(figures: Mapping[str, Any]) -> dict[str, str]:
    """As text."""
    distance, far = figures["distance"], figures["outside"]
    parts = {"mean": distance, "outside sRGB": distance[far], "inside": distance[~far]}
    means = {name: f"{part.mean():.2f}" if part.size else "" for name, part in parts.items()}
    return {
        "photo": figures["photo"],
        "space": figures["space"],
        "pixels outside sRGB": f"{100 * far.mean():.0f}%",
        "strength 0": "same bits" if figures["same"] else "CHANGED",
        "mean": means["mean"],
        "95th percentile": f"{np.percentile(distance, 95):.2f}",
        "mean inside": means["inside"],
        "mean outside": means["outside sRGB"],
    }


def main() -> None:
    with TemporaryDirectory() as folder:
        found = [measured(EXAMPLES / photo, name, Path(folder)) for photo in PHOTOS for name in SPACES]
    rows = [row(figures) for figures in found]
    print(f"{machine()}\n\nCIEDE2000 between enhanced then converted to sRGB, and converted then enhanced:\n")
    print(table(rows[0], [row.values() for row in rows]))
    missed = [figures for figures in found if not figures["same"] or figures["distance"].mean() > BAR]
    sys.exit(int(bool(missed)))


if __name__ == "__main__":
    main()
