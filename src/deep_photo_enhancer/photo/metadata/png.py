"""PNG: EXIF in eXIf, XMP in iTXt, IPTC in the text chunk that ImageMagick and ExifTool share; other texts and chunks as they are.

PNG specification (W3C, third edition) sections 5.4 (which chunks may be copied), 11.3; XMP specification part 3 section 1.1.5.
"""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from deep_photo_enhancer.photo.containers.bytes import DamagedError, Data, copy, numbers
from deep_photo_enhancer.photo.containers.png import SIGNATURE, chunks, encode_chunk
from deep_photo_enhancer.photo.formats import PNG
from deep_photo_enhancer.photo.metadata.blocks import LONGEST, Blocks, Metadata, Piece, bare_exif

_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
_XMP = b"XML:com.adobe.xmp"
_RAW = b"Raw profile type "
_MOST_PROFILES = 20
"""More would be a way to have a small file unpack into very much."""
_APP1_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_COPIES = (b"exif:", b"tiff:")
"""ImageMagick writes EXIF a second time as texts that nothing keeps true."""
_OF_ENCODING = frozenset({
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"mDCv", b"cLLi",
    b"bKGD", b"hIST", b"sPLT", b"pHYs", b"tIME", b"iDOT", b"orNT", b"acTL", b"fcTL", b"fdAT",
})  # fmt: skip
"""Chunks of the pixels' storage, colours and time, which are the encoder's to write."""
_OF_ANY_PIXELS = {b"sBIT", b"sCAL", b"sTER"}
"""Chunks that hold for the new pixels too, though in general they may not be copied."""
_SIGNIFICANT = b"sBIT"
_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
"""Numbers in sBIT by the colour type."""


def read(data: Data) -> Blocks:
    found, profiles = Blocks(), 0
    for chunk in chunks(data):
        if chunk.kind == b"eXIf":
            found.exif = bare_exif(data[chunk.body : chunk.stop])
        elif chunk.kind == b"caBX":
            found.claims.add("credentials")
        elif chunk.kind in _TEXTS:
            profile = data[chunk.body : chunk.body + 4] in (_XMP[:4], _RAW[:4])
            profiles += profile
            if not profile or profiles <= _MOST_PROFILES:
                _take(found, chunk.kind, data[chunk.body : chunk.stop])
        elif chunk.kind not in _OF_ENCODING:
            _take_piece(found, chunk.kind, data[chunk.at : chunk.end])
    return found


def write(data: Data, target: BinaryIO, metadata: Metadata) -> tuple[str, ...]:
    """Put the chunks before the pixels."""
    pieces = {piece.body for piece in metadata.pieces if piece.container == PNG}
    lost = {piece for piece in pieces if piece[4:8] == _SIGNIFICANT and not _fits(piece, data)}
    new = b"".join(encode_chunk(kind, body) for kind, body in _blocks(metadata))
    new += b"".join(piece.body for piece in metadata.pieces if piece.body in pieces - lost)
    target.write(SIGNATURE)
    for chunk in chunks(data):
        if chunk.kind == b"IDAT":
            target.write(new)
            copy(data, chunk.at, len(data), target)
            return ("its number of significant bits (sBIT) is left out: the output has other channels",) if lost else ()
        if chunk.kind != b"eXIf" and chunk.kind not in _TEXTS:
            target.write(data[chunk.at : chunk.end])
    raise DamagedError


def _take(found: Blocks, kind: bytes, body: bytes) -> None:
    keyword = body.split(b"\0", 1)[0]
    if keyword == _XMP:
        found.xmp = found.xmp or _text(kind, body)
    elif keyword.startswith(_RAW):
        _take_raw(found, keyword[len(_RAW) :].lower(), _unhex(_text(kind, body)))
    elif not keyword.startswith(_COPIES):
        found.texts.append((kind.decode(), body))


def _take_piece(found: Blocks, kind: bytes, chunk: bytes) -> None:
    """A chunk's name says in the case of its last letter whether it holds when pixels change."""
    name = kind.decode("ascii", "backslashreplace")
    if kind in _OF_ANY_PIXELS or kind[3] & 0x20:
        found.pieces.append(Piece(PNG, name, chunk, is_private=kind not in _OF_ANY_PIXELS))
    else:
        found.dropped.add(name)


def _fits(chunk: bytes, data: Data) -> bool:
    """Whether the significant bits of one file can be those of another: as many channels, and as deep."""
    depth, colours = numbers("BB", data, len(SIGNATURE) + 16)
    bits = chunk[8:-4]
    return len(bits) == _CHANNELS.get(colours) and all(1 <= each <= depth for each in bits)


def _take_raw(found: Blocks, name: bytes, block: bytes | None) -> None:
    """A profile in ImageMagick's form. "APP1" holds EXIF or XMP."""
    if block is None:
        found.warnings.append("one of its text profiles is damaged and is left out")
    elif name in (b"xmp", b"app1") and (name == b"xmp" or block.startswith(_APP1_XMP)):
        found.xmp = found.xmp or block.removeprefix(_APP1_XMP)
    elif name in (b"exif", b"app1"):
        found.exif = found.exif or bare_exif(block)
    elif name in (b"iptc", b"8bim"):
        found.iptc = found.iptc or block.removeprefix(b"Photoshop 3.0\0")


def _text(kind: bytes, body: bytes) -> bytes | None:
    """The text of a chunk, unpacked; None when it is damaged or unpacks into more than any text has."""
    _, _, rest = body.partition(b"\0")
    packed = kind == b"zTXt"
    if kind == b"zTXt":
        rest = rest[1:]
    elif kind == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:]
        for _ in ("language", "translated keyword"):
            rest = rest.partition(b"\0")[2]
    if not packed:
        return rest
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(rest, LONGEST // 4)
    except zlib.error:
        return None
    return text if unpacking.eof else None


def _unhex(text: bytes | None) -> bytes | None:
    """The form: empty line, name, length, and the bytes in hexadecimal on many lines."""
    lines = (text or b"").lstrip(b"\n").split(b"\n", 2)
    try:
        block = binascii.unhexlify(b"".join(lines[2].split()))
        return block if len(block) == int(lines[1]) else None
    except (IndexError, ValueError):
        return None


def _blocks(metadata: Metadata) -> Iterator[tuple[bytes, bytes]]:
    if metadata.exif is not None:
        yield b"eXIf", metadata.exif
    if metadata.xmp is not None:
        yield b"iTXt", _XMP + b"\0\0\0\0\0" + metadata.xmp
    if metadata.iptc is not None:
        text = b"\niptc\n%8d\n%s\n" % (len(metadata.iptc), binascii.hexlify(metadata.iptc))
        yield b"zTXt", _RAW + b"iptc\0\0" + zlib.compress(text)
    for kind, text in metadata.texts:
        if kind.encode() in _TEXTS:
            yield kind.encode(), text
