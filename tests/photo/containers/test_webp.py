from __future__ import annotations

import pytest

from deep_photo_enhancer.photo.containers.bytes import DamagedError
from deep_photo_enhancer.photo.containers.webp import Chunk, chunks, encode_chunk, riff_end


def test_chunks_of_odd_length_are_padded() -> None:
    body = encode_chunk(b"EXIF", b"odd") + encode_chunk(b"XMP ", b"even")
    data = b"RIFF\x1c\0\0\0WEBP" + body
    assert list(chunks(data)) == [Chunk(b"EXIF", 12, 20, 23), Chunk(b"XMP ", 24, 32, 36)]
    assert riff_end(data) == len(data) == 36


def test_what_does_not_lie_within_the_file_is_no_chunk() -> None:
    assert list(chunks(b"RIFF\0\0\0\0WEBPEXIF\xff\0\0\0more")) == []
    with pytest.raises(DamagedError):
        riff_end(b"RIFF")
