from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deep_photo_enhancer.photo.metadata import Metadata, embed, read_metadata
from tests.enhancing_fixtures import noise, smooth_photo
from tests.photo.metadata.fixtures import (
    NOT_FOR_NEW_PIXELS,
    boxes,
    exif_block,
    exif_of,
    pillow,
    xmp_packet,
)

METADATA = Metadata(exif_block(), xmp_packet())
MOTION = "the video of its motion photo is left out"


def avif(exif: bytes = b"", xmp: bytes = b"", with_alpha: bool = True) -> bytes:
    pixels = np.dstack([smooth_photo(40, 60), noise(0, 40, 60, 1)])[..., : 3 + with_alpha]
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "AVIF", exif=exif, xmp=xmp)
    return stream.getvalue()


def test_items_of_pillows_files_are_read() -> None:
    metadata, warnings = read_metadata(avif(b"Exif\0\0" + exif_block(), xmp_packet()))  # Pillow takes the orientation out
    assert (exif_of(metadata.exif or b"")[0x010F], metadata.xmp, warnings) == ("Maker", xmp_packet(), ())
    assert read_metadata(avif()) == (Metadata(), ())


def test_items_are_added_beside_transparency_and_replace_others(tmp_path: Path) -> None:
    for number, plain in enumerate((avif(), avif(b"Exif\0\0" + exif_block(">"), b"<old/>"))):
        file = tmp_path / f"{number}.avif"
        file.write_bytes(plain)
        assert embed(file, METADATA) == ()
        assert read_metadata(file.read_bytes()) == (METADATA, ())
        with pillow(file.read_bytes()) as image, pillow(plain) as before:
            np.testing.assert_array_equal(np.asarray(image), np.asarray(before))
            assert image.mode == "RGBA"
            assert image.info["xmp"] == METADATA.xmp
            assert image.getexif()[0x010F] == "Maker"


def heif(*, iinf: bytes, iloc: bytes, iref: bytes = b"", iprp: bytes = b"", behind: bytes = b"") -> bytes:
    full = bytes(4)
    parts = [(b"pitm", full + struct.pack(">H", 1)), (b"iinf", full + iinf), (b"iloc", iloc)]
    parts += [(b"iref", full + iref)] if iref else []
    parts += [(b"iprp", iprp)] if iprp else []
    return boxes((b"ftyp", b"heic\0\0\0\0mif1heic"), (b"meta", full + boxes(*parts))) + behind


def item(number: int, kind: bytes, rest: bytes = b"\0") -> bytes:
    return boxes((b"infe", b"\2\0\0\0" + struct.pack(">HH", number, 0) + kind + rest))


def test_exif_of_the_primary_picture_and_not_of_its_gain_map() -> None:
    blocks = [bytes(4) + exif_block(">"), b"\0\0\0\6Exif\0\0" + exif_block("<")]
    head = len(
        heif(iinf=b"\0\3" + item(1, b"hvc1") + item(2, b"Exif") + item(3, b"Exif"), iloc=bytes(8 + 2 * 14), iref=bytes(28))
    ) + len(boxes((b"mdat", b"")))
    places = struct.pack(">HHHII", 2, 0, 1, head, len(blocks[0])) + struct.pack(
        ">HHHII", 3, 0, 1, head + len(blocks[0]), len(blocks[1])
    )
    references = boxes((b"cdsc", struct.pack(">HHH", 2, 1, 9)), (b"cdsc", struct.pack(">HHH", 3, 1, 1)))
    content = heif(
        iinf=b"\0\3" + item(1, b"hvc1") + item(2, b"Exif") + item(3, b"Exif"),
        iloc=b"\0\0\0\0\x44\0\0\2" + places,
        iref=references,
        behind=boxes((b"mdat", b"".join(blocks))),
    )
    assert len(content) == head + len(b"".join(blocks))
    assert read_metadata(content) == (Metadata(exif=exif_block("<")), ())


@pytest.mark.parametrize(
    ("said", "behind", "warning"),
    [
        (
            boxes((b"auxC", b"\0\0\0\0urn:com:apple:photo:2020:aux:hdrgainmap\0")),
            b"",
            "its HDR gain map is left out: the output is a standard photo",
        ),
        (boxes((b"auxC", b"\0\0\0\0urn:mpeg:hevc:2015:auxid:2\0")), b"", "its depth map is left out"),
        (
            boxes((b"auxC", b"\0\0\0\0urn:x:aux:one\0"), (b"auxC", b"\0\0\0\0urn:x:aux:\xff\0")),
            b"",
            "its further pictures (one, \\xff) are left out",
        ),
        (b"nothing", boxes((b"mpvd", b"video")), MOTION),
    ],
)
def test_what_lies_beside_the_primary_picture_is_told(said: bytes, behind: bytes, warning: str) -> None:
    content = heif(iinf=b"\0\1" + item(1, b"hvc1"), iloc=b"\0\0\0\0\x44\0\0\0", iprp=boxes((b"ipco", said)), behind=behind)
    assert read_metadata(content) == (Metadata(), (warning,))


def test_places_without_end_are_refused() -> None:
    iloc = b"\0\0\0\0\0\0" + struct.pack(">H", 9) + struct.pack(">HHH", 1, 0, 65535) * 9
    assert read_metadata(heif(iinf=b"\0\2" + item(1, b"hvc1") + item(2, b"Exif"), iloc=iloc)) == (
        Metadata(),
        ("its metadata is damaged and is left out",),
    )


def test_boxes_and_items_of_other_programs(tmp_path: Path) -> None:
    items = item(1, b"hvc1") + item(2, b"mime", b"\0text/xml\0") + item(3, b"uri ")
    behind = boxes((b"uuid", b"sixteen bytes of name, content"), (b"sefd", b"?"))
    metadata, warnings = read_metadata(heif(iinf=b"\0\3" + items, iloc=b"\0\0\0\0\x44\0\0\0", behind=behind))
    assert warnings == (NOT_FOR_NEW_PIXELS.format("sefd, text/xml, uri"),)
    (tmp_path / "a.avif").write_bytes(avif())
    assert embed(tmp_path / "a.avif", metadata) == ()
    assert (tmp_path / "a.avif").read_bytes().endswith(boxes((b"uuid", b"sixteen bytes of name, content")))
    assert read_metadata((tmp_path / "a.avif").read_bytes()) == (metadata, ())
