from __future__ import annotations

import os
from pathlib import Path

import pytest

from deep_photo_enhancer.enhancement.batch.existing import is_complete
from deep_photo_enhancer.photo import Photo
from tests.enhancing_fixtures import jpeg_bytes, noise

COLOUR = Photo(noise(0, 30, 40, 3))


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A finished output and its photo."""
    source, output = tmp_path / "in.jpg", tmp_path / "out.jpg"
    for path in (source, output):
        path.write_bytes(jpeg_bytes(COLOUR.pixels))
    os.utime(source, ns=(10**18, 10**18 + 1))
    os.utime(output, ns=(10**18, 10**18 + 2))
    return output, source


def test_an_output_is_complete_when_it_is_whole_and_not_older_than_its_photo(pair: tuple[Path, Path]) -> None:
    output, source = pair
    assert is_complete(output, source)
    os.utime(output, ns=(10**18, 10**18 + 1))
    assert is_complete(output, source)  # with --keep-times
    os.utime(source, ns=(10**18, 10**18 + 2))
    assert not is_complete(output, source)


def test_times_that_a_file_system_rounded_down_count_as_kept(pair: tuple[Path, Path]) -> None:
    output, source = pair
    os.utime(output, ns=(10**18, 10**18))
    os.utime(source, ns=(10**18, 10**18 + 1_999_999_999))
    assert is_complete(output, source)
    os.utime(source, ns=(10**18, 10**18 + 2_000_000_001))
    assert not is_complete(output, source)


def test_what_is_cut_off_empty_missing_or_no_file_is_not_complete(pair: tuple[Path, Path]) -> None:
    output, source = pair
    whole = output.read_bytes()
    for content in (whole[:-1], whole[: len(whole) // 2], b""):
        output.write_bytes(content)
        assert not is_complete(output, source)
    output.unlink()
    assert not is_complete(output, source)
    output.mkdir()
    assert not is_complete(output, source)


def test_a_link_to_the_photo_itself_is_not_its_output(pair: tuple[Path, Path]) -> None:
    output, source = pair
    output.unlink()
    output.symlink_to(source)
    assert not is_complete(output, source)


def test_a_jpeg_xl_codestream_is_decoded(pair: tuple[Path, Path]) -> None:
    pytest.importorskip("pillow_jxl")
    output, source = pair
    whole = COLOUR.to_bytes(".jxl")
    output.write_bytes(whole)
    assert is_complete(output, source)
    output.write_bytes(whole[: len(whole) // 2])
    assert not is_complete(output, source)
