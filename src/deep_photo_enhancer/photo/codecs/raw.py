"""Cameras' raw files, developed by LibRaw through rawpy."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from deep_photo_enhancer.photo.codecs.libraries import package_error
from deep_photo_enhancer.photo.picture import Header, Picture
from deep_photo_enhancer.photo.source import PhotoSource

_PROCESS = Path(__file__).with_name("raw_process.py")
_RUN = "import sys, runpy; sys.path.pop(0); runpy.run_path(sys.argv.pop(1), run_name='__main__')"
"""Without the current folder among the places that modules come from."""
_SECONDS = 300
_TRUNCATED = b"Unexpected end of file"


def decode(source: PhotoSource) -> Picture:
    """Develop to sRGB with 16 bits: white balance of the camera, no automatic brightness, upright as the camera was held.

    Without automatic brightness a series keeps its exposures and no highlights are cut; the picture is darker than the camera's
    own JPEG, which the enhancement sees to.
    """
    answer, pixels = _answer(source, "pixels")
    height, width, channels = answer["shape"]
    if channels not in (1, 3) or len(pixels) != 2 * height * width * channels:
        raise source.refusal("not a RAW file with three colours; convert it to DNG first")
    return Picture(np.frombuffer(bytearray(pixels), np.uint16).reshape(height, width, channels))


def header(source: PhotoSource) -> Header:
    width, height = _answer(source, "size")[0]["upright"]
    return Header((width, height))


def _answer(source: PhotoSource, wanted: str) -> tuple[dict[str, Any], memoryview]:
    """What LibRaw says of the file, and the bytes of the pixels: none if only the "size" is wanted, and not the "pixels"."""
    if find_spec("rawpy") is None:
        raise package_error("rawpy", "a RAW file", source.name)
    command = [sys.executable, "-c", _RUN, str(_PROCESS), str(source.max_pixels), wanted]
    try:
        with source.open() as file:
            given: dict[str, Any] = {"stdin": file} if source.data is None else {"input": source.data}
            done: subprocess.CompletedProcess[bytes] = subprocess.run(
                command,
                **given,
                capture_output=True,
                check=False,
                timeout=_SECONDS,
                start_new_session=True,  # Ctrl-C in a terminal goes to all of a session, but the photo at work is to be finished
            )
    except subprocess.TimeoutExpired as error:
        raise source.refusal(f"took LibRaw more than {_SECONDS} seconds; convert it to DNG first") from error
    end = done.stdout.find(b"\n")
    answer: dict[str, Any] = json.loads(done.stdout[:end]) if end > 0 else {"error": "LibRaw broke off"}
    if "size" in answer:
        source.check_size(*answer["size"])
    if "memory" in answer:
        raise MemoryError
    if "error" in answer or _TRUNCATED in done.stderr:
        reason = answer.get("error", "it ends too early")
        raise source.refusal(f"damaged, or a RAW file that LibRaw does not know ({reason}); replace it, or convert it to DNG")
    return answer, memoryview(done.stdout)[end + 1 :]
