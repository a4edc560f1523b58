"""What holds for every container."""

from __future__ import annotations

import contextlib
import mmap
import random
import time
from pathlib import Path

import numpy as np
import pytest
import pyvips

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import SAVERS, load_photo
from deep_photo_enhancer.photo.codecs import codec
from deep_photo_enhancer.photo.metadata import Metadata, adapt_metadata, embed, read_metadata, read_orientation
from deep_photo_enhancer.photo.picture import turn_upright
from deep_photo_enhancer.photo.source import PhotoSource
from tests.enhancing_fixtures import icc_profile
from tests.photo.metadata.fixtures import EVERYTHING, HEIGHT, WIDTH, bare_file, exif_block, file_with, pillow, xmp_packet

ALL = [".jpg", ".png", ".webp", ".tif", ".avif", ".jxl", ".jp2"]
DECODED = [".jpg", ".png", ".webp", ".tif", ".avif"]
WITH_IPTC = [".jpg", ".png", ".tif"]


def held(suffix: str) -> Metadata:
    return Metadata(EVERYTHING.exif, EVERYTHING.xmp, EVERYTHING.iptc if suffix in WITH_IPTC else None)


@pytest.mark.parametrize("suffix", [suffix for suffix in ALL if suffix != ".tif"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_what_is_put_in_comes_out_byte_by_byte(tmp_path: Path, suffix: str, order: str) -> None:
    put_in = Metadata(exif_block(order), held(suffix).xmp, held(suffix).iptc)
    assert read_metadata(file_with(tmp_path / f"a{suffix}", put_in)) == (put_in, ())


@pytest.mark.parametrize("suffix", ALL)
@pytest.mark.parametrize("missing", ["exif", "xmp"])
def test_one_block_alone_is_held_too(tmp_path: Path, suffix: str, missing: str) -> None:
    put_in = Metadata(None, EVERYTHING.xmp) if missing == "exif" else Metadata(exif_block(), None)
    out, warnings = read_metadata(file_with(tmp_path / f"a{suffix}", put_in))
    assert (out.exif is None, out.xmp, out.iptc, warnings) == (missing == "exif", put_in.xmp, None, ())


@pytest.mark.parametrize("suffix", ALL)
def test_new_metadata_takes_the_place_of_the_old(tmp_path: Path, suffix: str) -> None:
    file_with(tmp_path / f"a{suffix}", Metadata(xmp=xmp_packet(' xmp:Label="old"')))
    embed(tmp_path / f"a{suffix}", Metadata(xmp=xmp_packet(' xmp:Label="new"')))
    content = (tmp_path / f"a{suffix}").read_bytes()
    assert read_metadata(content)[0].xmp == xmp_packet(' xmp:Label="new"')
    assert content.count(b'Label="new"') == 1
    assert suffix in (".tif", ".avif") or b'Label="old"' not in content  # those two keep it as bytes that nothing points to


@pytest.mark.parametrize("suffix", DECODED)
def test_pixels_and_profile_stay_and_libvips_reads_the_blocks(tmp_path: Path, suffix: str) -> None:
    path, plain = tmp_path / f"a{suffix}", tmp_path / f"plain{suffix}"
    bare_file(path, profile="p3").replace(plain)
    path.write_bytes(plain.read_bytes())
    embed(path, adapt_metadata(held(suffix), WIDTH, HEIGHT, "all")[0])
    image, before = pyvips.Image.new_from_file(str(path)), pyvips.Image.new_from_file(str(plain))
    np.testing.assert_array_equal(image.numpy(), before.numpy())
    assert image.get("icc-profile-data") == icc_profile("p3")
    assert b'Orientation="1"' in image.get("xmp-data")
    if suffix != ".tif":
        assert image.get("exif-ifd0-Make").startswith("Maker")
    if image.get_typeof("orientation"):
        assert image.get("orientation") == 1


@pytest.mark.parametrize("suffix", DECODED)
def test_pillow_reads_the_blocks(tmp_path: Path, suffix: str) -> None:
    content = file_with(tmp_path / f"a{suffix}", adapt_metadata(held(suffix), WIDTH, HEIGHT, "all")[0])
    with pillow(content) as image:
        image.load()
        exif = image.getexif()
        assert image.info["xmp"] == adapt_metadata(held(suffix), WIDTH, HEIGHT, "all")[0].xmp
    assert exif.get(0x0112, 1) == 1
    assert (exif[0x010F], exif[0x0100], exif[0x0101]) == ("Maker", WIDTH, HEIGHT)
    below = exif.get_ifd(0x8769)
    assert (below[0x9003], below[0xA002], below[0xA003]) == ("2020:01:02 03:04:05", WIDTH, HEIGHT)
    assert exif.get_ifd(0x8825)[2] == (47, 22, 12.34)
    assert exif.get_ifd(1) == {}


@pytest.mark.parametrize("suffix", ALL)
def test_a_mapped_file_reads_like_its_bytes(tmp_path: Path, suffix: str) -> None:
    content = file_with(tmp_path / f"a{suffix}", held(suffix))
    with (tmp_path / f"a{suffix}").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        assert read_metadata(data) == read_metadata(content)


@pytest.mark.parametrize(("suffix", "name"), [(".webp", "WebP"), (".avif", "HEIF"), (".jxl", "JPEG XL")])
def test_what_a_container_cannot_hold_is_told(tmp_path: Path, suffix: str, name: str) -> None:
    file = bare_file(tmp_path / f"a{suffix}")
    metadata = Metadata(iptc=EVERYTHING.iptc, texts=(("COM", b"hello"),))
    assert embed(file, metadata) == (
        f"its IPTC data is left out: {name} has no place for it",
        f"its comment cannot be kept in {name}",
    )


@pytest.mark.parametrize("suffix", ALL)
def test_nothing_to_embed_leaves_the_file_alone(tmp_path: Path, suffix: str) -> None:
    file = bare_file(tmp_path / f"a{suffix}")
    before = file.read_bytes(), file.stat().st_ino
    assert embed(file, Metadata()) == ()
    assert (file.read_bytes(), file.stat().st_ino) == before


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"II", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x0cJXL \r\n\x87\n"])
def test_files_that_take_no_metadata_are_refused_and_stay(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(content)
    with pytest.raises(PhotoError, match=r"a\.jpg: .*; (write it again|choose another one)"):
        embed(file, EVERYTHING)
    assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]
    assert read_metadata(content)[0] == Metadata()


def test_a_damaged_block_is_left_out_and_the_others_stay(tmp_path: Path) -> None:
    damaged = Metadata(b"II*\0\xff\xff\xff\xff", b"<rdf tiff:Orientation='6'>", b"not 8BIM at all")
    file_with(tmp_path / "a.jpg", damaged)
    metadata, warnings = read_metadata((tmp_path / "a.jpg").read_bytes())
    assert metadata == Metadata()
    assert warnings == tuple(f"its {block} data is damaged and is left out" for block in ("EXIF", "XMP", "IPTC"))
    file_with(tmp_path / "b.jpg", Metadata(damaged.exif, EVERYTHING.xmp))
    assert read_metadata((tmp_path / "b.jpg").read_bytes()) == (
        Metadata(xmp=EVERYTHING.xmp),
        ("its EXIF data is damaged and is left out",),
    )


@pytest.mark.parametrize("suffix", ALL)
def test_mutated_files_end_in_metadata_that_can_be_written_or_in_a_warning(tmp_path: Path, suffix: str) -> None:
    whole = file_with(tmp_path / f"a{suffix}", held(suffix))
    target = bare_file(tmp_path / "b.tif")
    plain = target.read_bytes()
    dice = random.Random(suffix)
    begin, warned = time.perf_counter(), 0
    for _ in range(60):
        content = bytearray(whole)
        for _ in range(dice.choice([1, 3, 10])):
            at = dice.randrange(len(content))
            if dice.random() < 0.7:
                content[at] = dice.choice([0, 1, 127, 255, dice.randrange(256)])
            else:
                del content[at : at + dice.randrange(1, 20)]
        metadata, warnings = read_metadata(bytes(content))
        warned += bool(warnings)
        for keep in ("all", "no-gps"):
            result = adapt_metadata(metadata, 10, 20, keep)[0]
            assert [block is None for block in (result.exif, result.xmp)] == [metadata.exif is None, metadata.xmp is None]
        target.write_bytes(plain)
        embed(target, metadata)
        assert read_metadata(target.read_bytes())[0].xmp == metadata.xmp
        (tmp_path / f"c{suffix}").write_bytes(content)
        with contextlib.suppress(PhotoError):
            embed(tmp_path / f"c{suffix}", held(suffix))
    assert warned
    assert time.perf_counter() - begin < 20


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
@pytest.mark.parametrize(
    ("exif", "xmp", "expected"),
    [
        (None, xmp_packet(' tiff:Orientation="8"'), 8),
        (exif_block(orientation=6), xmp_packet(' tiff:Orientation="8"'), 6),
        (exif_block(orientation=0), xmp_packet("", "<tiff:Orientation>3</tiff:Orientation>"), 3),
        (exif_block(orientation=9), None, 1),
        (b"II*\0damaged", xmp_packet(' tiff:Orientation="8"'), 8),
        (None, b"<damaged tiff:Orientation='8'", 1),
    ],
)
def test_one_reading_turns_the_pixels_and_becomes_1(
    tmp_path: Path, suffix: str, exif: bytes | None, xmp: bytes | None, expected: int
) -> None:
    path = bare_file(tmp_path / f"a{suffix}", **({"lossless": True} if suffix == ".webp" else {}))
    plain = load_photo(path)
    embed(path, Metadata(exif, xmp))
    photo = load_photo(path)
    assert read_orientation(path.read_bytes()) == expected
    np.testing.assert_array_equal(photo.pixels, turn_upright(plain.pixels, expected))
    assert read_orientation(photo.to_bytes(suffix)) == 1
    assert codec(SAVERS[suffix]).header(PhotoSource.of(path, None, 10_000)).size == photo.size


def test_formats_that_turn_the_pixels_themselves_ask_for_no_turn(tmp_path: Path) -> None:
    for suffix in (".avif", ".jxl"):
        file_with(tmp_path / f"a{suffix}", Metadata(exif_block(orientation=6), xmp_packet(' tiff:Orientation="6"')))
        assert read_orientation((tmp_path / f"a{suffix}").read_bytes()) == 1
