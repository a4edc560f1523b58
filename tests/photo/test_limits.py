from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile

from deep_photo_enhancer.errors import PhotoError
from deep_photo_enhancer.photo import SAVERS, Photo, load_photo
from deep_photo_enhancer.photo.codecs.jpeg_xl_header import JxlHeader, jxl_header
from deep_photo_enhancer.photo.source import PhotoSource
from tests.photo.fuzz_samples import mutate, samples
from tests.photo.samples import RGB, needs, pil_bytes, refusal, with_chunk


@pytest.mark.parametrize("suffix", SAVERS)
def test_more_pixels_than_the_limit_are_refused(tmp_path: Path, suffix: str) -> None:
    needs(suffix)
    Photo(RGB).save(tmp_path / f"a{suffix}")
    message = refusal(tmp_path / f"a{suffix}", max_pixels=52 * 40 - 1)
    assert "52 x 40 pixels, more than the limit" in message
    assert load_photo(tmp_path / f"a{suffix}", max_pixels=52 * 40).size == (52, 40)


def test_a_raw_file_of_more_pixels_than_the_limit_is_refused() -> None:
    pytest.importorskip("rawpy")
    assert "64 x 48 pixels, more than the limit" in refusal(samples()["dng"], max_pixels=64 * 48 - 1)


def header_of_png(width: int, height: int) -> bytes:
    start = b"IHDR" + struct.pack(">II", width, height) + bytes([8, 2, 0, 0, 0])
    pixels = zlib.compress(bytes(1000))
    idat = struct.pack(">I", len(pixels)) + b"IDAT" + pixels + struct.pack(">I", zlib.crc32(b"IDAT" + pixels))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + start + struct.pack(">I", zlib.crc32(start)) + idat


def test_a_bomb_takes_no_memory() -> None:
    assert "100000 x 100000 pixels, more than the limit of 500 megapixels" in refusal(header_of_png(100_000, 100_000))
    tiles = Photo(RGB).to_bytes(".jp2")
    at = tiles.index(b"\xff\x4f\xff\x51") + 8
    assert "more than the limit" in refusal(tiles[:at] + struct.pack(">II", 1 << 31, 1 << 31) + tiles[at + 8 :])
    assert "tiles are too small" in refusal(tiles[: at + 16] + struct.pack(">II", 0, 0) + tiles[at + 24 :])


@pytest.mark.parametrize("suffix", SAVERS)
@pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
def test_a_part_of_a_file_is_refused_and_not_filled_with_grey(suffix: str, part: float) -> None:
    needs(suffix)
    data = Photo(np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)).to_bytes(suffix)
    assert "damaged" in refusal(data[: int(part * len(data))])


def test_pipes_and_devices_are_no_photos(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "is a pipe or a device" in refusal(tmp_path / "pipe.jpg")
    assert "is a pipe or a device" in refusal(Path("/dev/zero"))


def test_no_bytes_and_the_name_that_messages_use() -> None:
    assert "there is nothing in it" in refusal(b"")
    with pytest.raises(PhotoError, match=r"^standard input: "):
        load_photo(b"nonsense", name="standard input")


def test_names_that_no_file_can_have() -> None:
    assert "cannot read this file" in refusal(Path("a\0b.jpg"))
    assert "no such file" in refusal(Path(__file__) / "below-a-file.jpg")


def test_a_photo_that_may_not_be_read_or_is_gone_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jpg").write_bytes(pil_bytes(RGB, "JPEG"))

    def fails(_path: Path, _mode: str) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", fails)
    assert "cannot read this file: Input/output error" in refusal(tmp_path / "a.jpg")


def test_a_format_whose_package_is_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    needs(".heic")
    data = Photo(RGB).to_bytes(".heic")
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    assert "pip install pillow-heif" in refusal(data)


def test_the_header_of_jpeg_xl_is_read_as_libjxl_reads_it() -> None:
    needs(".jxl")
    for height, width in ((8, 8), (48, 64), (40, 52), (1, 600), (300, 1), (700, 9)):
        data = Photo(np.zeros((height, width, 3), np.uint8)).to_bytes(".jxl")
        assert jxl_header(data) == JxlHeader(width, height)
        assert load_photo(data).size == (width, height)
    assert jxl_header(b"\xff\x0a") is None


def test_an_animated_jpeg_xl_is_refused() -> None:
    """Bits, the lowest first: small, 8 pixels, ratio 1, unusual fields, orientation 1, no size, no preview, animation."""
    bits = "1" + "00000" + "100" + "0" + "1" + "000" + "0" + "0" + "1"
    codestream = b"\xff\x0a" + int(bits[::-1], 2).to_bytes(40, "little")
    assert jxl_header(codestream) == JxlHeader(8, 8, animation=True)
    needs(".jxl")
    assert "holds an animation" in refusal(codestream)


def read_or_refused(data: bytes, name: str) -> str:
    try:
        return f"{name}: {load_photo(data, name=name).size}"
    except PhotoError as error:
        return str(error)


@pytest.mark.parametrize("name", [name for name in samples() if name != "dng"])
def test_damage_ends_in_a_photo_or_in_one_sentence(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    for seed in range(25):
        message = read_or_refused(mutate(samples()[name], 10_000 + seed), name)
        assert message.startswith(f"{name}: ")
        assert "\n" not in message
    assert capfd.readouterr() == ("", "")


def test_chunks_of_a_png_that_end_early_are_damage() -> None:
    assert "damaged" in refusal(with_chunk(pil_bytes(RGB, "PNG"), b"cICP", b"\x0c\x0d")[:60])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_cielab_is_refused_by_its_name(tmp_path: Path, dtype: type) -> None:
    tifffile.imwrite(tmp_path / "lab.tif", RGB.astype(dtype), photometric="cielab")
    assert refusal(tmp_path / "lab.tif").endswith(": its colours are CIELAB, which is not supported; save it as RGB")


def test_a_file_that_one_may_not_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.jpg").write_bytes(pil_bytes(RGB, "JPEG"))
    monkeypatch.setattr(PhotoSource, "open", refuse)
    assert refusal(tmp_path / "a.jpg").endswith(": you may not read this file; change its permissions")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".avif"])
def test_a_file_system_that_takes_no_more_is_named_without_a_codecs_words(tmp_path: Path, suffix: str) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(PhotoError) as caught:
            Photo(np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)).save(tmp_path / f"a{suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(caught.value) == f"{tmp_path / f'a{suffix}'}: cannot write there: File too large; choose another output folder"
    assert list(tmp_path.iterdir()) == []
