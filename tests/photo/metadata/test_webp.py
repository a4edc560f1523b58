from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.photo.metadata import Metadata, embed, read_metadata
from tests.enhancing_fixtures import icc_profile, smooth_photo
from tests.photo.metadata.fixtures import exif_block, pillow, xmp_packet

METADATA = Metadata(exif_block(), xmp_packet())


def webp(bands: int, **options: Any) -> bytes:
    pixels = np.dstack([smooth_photo(20, 30), np.arange(600, dtype=np.uint8).reshape(20, 30)])[..., :bands]
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "WEBP", **options)
    return stream.getvalue()


@pytest.mark.parametrize("bands", [3, 4])
@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}, {"lossless": True, "icc_profile": icc_profile("p3")}])
def test_pixels_transparency_and_profile_stay(tmp_path: Path, bands: int, options: dict[str, Any]) -> None:
    plain = webp(bands, **options)
    (tmp_path / "a.webp").write_bytes(plain)
    assert embed(tmp_path / "a.webp", METADATA) == ()
    content = (tmp_path / "a.webp").read_bytes()
    with pillow(content) as image, pillow(plain) as before:
        assert (image.mode, image.size) == (before.mode, before.size)
        np.testing.assert_array_equal(np.asarray(image), np.asarray(before))
        assert image.info.get("icc_profile") == before.info.get("icc_profile")
        assert image.getexif()[0x010F] == "Maker"
        assert image.info["xmp"] == METADATA.xmp
    assert struct.unpack_from("<I", content, 4)[0] == len(content) - 8
    assert content[12:16] == b"VP8X"
    assert bool(content[20] & 0x10) == (bands == 4)
    assert content[20] & 0x0C == 0x0C
    assert (int.from_bytes(content[24:27], "little"), int.from_bytes(content[27:30], "little")) == (29, 19)


def test_exif_with_jpegs_prefix_is_read(tmp_path: Path) -> None:
    content = webp(3, exif=b"Exif\0\0" + exif_block())
    assert read_metadata(content) == (Metadata(exif=exif_block()), ())
    (tmp_path / "a.webp").write_bytes(content)
    embed(tmp_path / "a.webp", Metadata(xmp=xmp_packet()))
    assert read_metadata((tmp_path / "a.webp").read_bytes()) == (Metadata(xmp=xmp_packet()), ())


def test_chunks_of_other_programs_stay(tmp_path: Path) -> None:
    plain = webp(3, lossless=True, exif=b"Exif\0\0" + exif_block())
    other = b"GEOX\3\0\0\0abc\0"
    content = plain[:4] + struct.pack("<I", len(plain) - 8 + len(other)) + plain[8:] + other
    metadata, warnings = read_metadata(content)
    assert ([(piece.kind, piece.body) for piece in metadata.pieces], warnings) == ([("GEOX", other)], ())
    (tmp_path / "a.webp").write_bytes(webp(3))
    assert embed(tmp_path / "a.webp", metadata) == ()
    assert (tmp_path / "a.webp").read_bytes().endswith(other)
    assert read_metadata((tmp_path / "a.webp").read_bytes()) == (metadata, ())
