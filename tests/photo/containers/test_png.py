from __future__ import annotations

from deep_photo_enhancer.photo.containers.png import END, SIGNATURE, Chunk, chunks, encode_chunk


def test_chunks_follow_each_other_with_their_checksums() -> None:
    data = SIGNATURE + encode_chunk(b"tEXt", b"key\0word") + END
    assert END == b"\0\0\0\0IEND\xaeB\x60\x82"
    assert list(chunks(data)) == [Chunk(b"tEXt", 8, 16, 24, 28), Chunk(b"IEND", 28, 36, 36, 40)]


def test_a_chunk_that_does_not_lie_within_the_file_ends_the_walk() -> None:
    data = SIGNATURE + encode_chunk(b"tEXt", b"word") + b"\xff\xff\xff\xffIDAT1234"
    assert [chunk.kind for chunk in chunks(data)] == [b"tEXt"]
    assert list(chunks(data[:20])) == []
