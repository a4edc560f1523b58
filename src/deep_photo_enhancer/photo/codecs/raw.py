"""Cameras' raw files, developed by LibRaw through rawpy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from deep_photo_enhancer.photo.codecs.libraries import package_error
from deep_photo_enhancer.photo.containers.bmff import boxes
from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, numbers
from deep_photo_enhancer.photo.containers.detect import CR3, RAF, container_of
from deep_photo_enhancer.photo.containers.tiff import Tiff
from deep_photo_enhancer.photo.formats import TIFF
from deep_photo_enhancer.photo.picture import Header, Picture
from deep_photo_enhancer.photo.source import PhotoSource

_PROCESS = Path(__file__).with_name("raw_process.py")
_RUN = "import sys, runpy; sys.path.pop(0); runpy.run_path(sys.argv.pop(1), run_name='__main__')"
"""Without the current folder among the places that modules come from."""
_SECONDS = 300
_TRUNCATED = b"Unexpected end of file"
_LEAST = 0.01
"""Share of numbers that are not 0 in any photo: one of the dark has noise."""
_DNG_VERSION, _SUB_IFDS, _RAF_PIXELS = 0xC612, 0x14A, 100
_PLACES = ((273, 279), (324, 325))
"""TIFF's tags of where strips lie and how long they are, and of tiles."""


def decode(source: PhotoSource) -> Picture:
    """Develop to sRGB with 16 bits: white balance of the camera, no automatic brightness, upright as the camera was held.

    Without automatic brightness a series keeps its exposures and no highlights are cut; the picture is darker than the camera's
    own JPEG, which the enhancement sees to.
    """
    answer, pixels = _answer(source, "pixels")
    height, width, channels = answer["shape"]
    if channels not in (1, 3) or len(pixels) != 2 * height * width * channels:
        raise source.refusal("not a RAW file with three colours; convert it to DNG first")
    developed = np.frombuffer(bytearray(pixels), np.uint16).reshape(height, width, channels)
    if np.count_nonzero(developed) < _LEAST * developed.size:
        raise source.damage("hardly anything but black could be developed")
    return Picture(developed)


def header(source: PhotoSource) -> Header:
    width, height = _answer(source, "size")[0]["upright"]
    return Header((width, height))


def _answer(source: PhotoSource, wanted: str) -> tuple[dict[str, Any], memoryview]:
    """What LibRaw says of the file, and the bytes of the pixels: none if only the "size" is wanted, and not the "pixels"."""
    if find_spec("rawpy") is None:
        raise package_error("rawpy", "a RAW file", source.name)
    with source.content() as data:
        if _is_cut_off(data):
            raise source.damage("it ends too early")
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
        reason = answer.get("error", "its pixels end too early")
        raise source.refusal(f"damaged, or a RAW file that LibRaw does not know ({reason}); replace it, or convert it to DNG")
    return answer, memoryview(done.stdout)[end + 1 :]


def _is_cut_off(data: Data) -> bool:
    """Whether pixels should lie where the file has ended: LibRaw develops what is missing as black, without a word.

    Of other makers' files in TIFF's form than DNG, only where pixels begin is trusted.
    """
    container = container_of(data[:16])
    try:
        if container == CR3:
            end = max((box.end for box in boxes(data)), default=0)
            return end + 8 <= len(data) and numbers(">I", data, end)[0] > len(data) - end
        if container == RAF:
            at, length = numbers(">II", data, _RAF_PIXELS)
            return bool(at + length > len(data))
        if container != TIFF:
            return False
        tiff = Tiff(data)
        is_dng = any(entry.tag == _DNG_VERSION for entry in tiff.entries(tiff.first))
        return any(at + (length if is_dng else 0) > len(data) for at, length in _stretches(tiff))
    except DamagedError:
        return False  # LibRaw knows more


def _stretches(tiff: Tiff) -> Iterator[tuple[int, int]]:
    """First byte and length of every strip and tile of every picture; beyond the end where even these numbers are missing."""
    for directory in tiff.chain(tiff.first):
        below = (tiff.directory(at) for at in tiff.integers(directory.find(_SUB_IFDS))[:16])
        for picture in (directory, *below):
            for tags in _PLACES:
                entries = [picture.find(tag) for tag in tags]
                if any(entry is not None and entry.value is None for entry in entries):
                    yield len(tiff.data), 1
                yield from zip(*(tiff.integers(entry) for entry in entries), strict=False)
