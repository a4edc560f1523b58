from __future__ import annotations

from importlib.util import find_spec

import pytest

from deep_photo_enhancer.photo import PHOTO_SUFFIXES, RAW_SUFFIXES, SAVERS, output_suffix
from deep_photo_enhancer.photo.formats import FORMATS


@pytest.mark.parametrize(
    ("given", "output"),
    [
        (".HEIC", ".HEIC"),
        (".HIF", ".HIF"),  # cameras of Sony, Canon and Fujifilm
        (".jpg", ".jpg"),
        (".jfif", ".jfif"),  # Windows and Chrome
        (".JPE", ".JPE"),
        (".mpo", ".jpg"),  # further pictures are left out
        (".pjpeg", ".jpg"),
        (".jxl", ".jxl"),
        (".j2k", ".jp2"),
        (".apng", ".png"),
        (".NEF", ".jpg"),
        (".gif", ".jpg"),
    ],
)
def test_outputs_keep_the_suffix_that_can_be_written_or_get_their_formats(given: str, output: str) -> None:
    assert output_suffix(given) == output


def test_every_suffix_belongs_to_one_format_and_every_format_has_a_codec() -> None:
    suffixes = [suffix for kind in FORMATS.values() for suffix in (*kind.suffixes, *kind.further_suffixes)]
    assert len(suffixes) == len(set(suffixes))
    assert set(suffixes) == PHOTO_SUFFIXES
    assert not RAW_SUFFIXES & set(SAVERS)
    assert all(find_spec(f"deep_photo_enhancer.photo.codecs.{kind.codec}") for kind in FORMATS.values())
