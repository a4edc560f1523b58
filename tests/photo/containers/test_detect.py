from __future__ import annotations

import struct
from pathlib import Path

import pytest
import tifffile

from deep_photo_enhancer.photo.containers.detect import container_of, detect
from tests.photo.fuzz_samples import dng
from tests.photo.samples import RGB


def test_raw_is_known_from_tiff_by_its_directory_or_its_name(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", RGB, photometric="rgb")
    tiff = (tmp_path / "a.tif").read_bytes()
    assert (detect(tiff), detect(tiff, ".NEF"), detect(dng(RGB)), detect(dng(RGB), ".tif")) == ("TIFF", "RAW", "RAW", "RAW")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", "RAW"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x18ftypqt  \0\0\0\0qt  qt  ", None),
        (b"FUJIFILMCCD-RAW 0201", "RAW"),
        (b"IIU\0\x08\0\0\0", "RAW"),
        (b"IIRO\x08\0\0\0", "RAW"),
        (b"II*\0\x10\0\0\0CR\x02\0", "RAW"),
        (b"MM\0*", "TIFF"),
        (b"", None),
    ],
)
def test_formats_are_known_from_their_first_bytes(head: bytes, kind: str | None) -> None:
    assert detect(head) == kind


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_raw_file_is_known_by_a_directory_below_the_first(order: str) -> None:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    first = struct.pack(order + "HHHIII", 1, 0x14A, 4, 1, 26, 0)  # one SubIFD
    mosaic = struct.pack(order + "HHHIHxxI", 1, 0x106, 3, 1, 32803, 0)
    assert detect(mark + struct.pack(order + "I", 8) + first + mosaic) == "RAW"
    assert detect(mark + struct.pack(order + "I", 8) + first + mosaic.replace(struct.pack(order + "H", 32803), b"\0\0")) == "TIFF"


def test_a_circle_of_directories_ends() -> None:
    assert detect(b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x14A, 4, 1, 8, 8)) == "TIFF"


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"\0\0\0\x18ftypheic", "HEIF"),
        (b"\0\0\0\x18ftypcrx ", "CR3"),
        (b"FUJIFILMCCD-RAW 0201", "RAF"),
        (b"IIU\0\x08\0\0\0", "TIFF"),
        (b"RIFF\x04\0\0\0WEBP", "WebP"),
        (b"RIFF\x04\0\0\0WAVE", None),
    ],
)
def test_containers_are_not_always_formats(head: bytes, container: str | None) -> None:
    assert container_of(head) == container
