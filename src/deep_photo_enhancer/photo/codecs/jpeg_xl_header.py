"""Size and kind of a JPEG XL picture from its first bits (ISO/IEC 18181-1, annexes B and D; 18181-2 for the boxes)."""

from __future__ import annotations

from dataclasses import dataclass

from deep_photo_enhancer.photo.containers.bmff import contents

_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_LONGEST = 256
"""Bytes in which the header ends."""

Choice = tuple[int, int]
"""Offset, and number of bits to add to it."""


@dataclass(frozen=True)
class JxlHeader:
    """What the file says before the pixels."""

    width: int
    height: int
    animation: bool = False
    bits: int = 8
    floating: bool = False


def jxl_header(data: bytes) -> JxlHeader | None:
    """None when there is no header."""
    codestream = data if data[:2] == b"\xff\x0a" else _codestream(data)
    if codestream[:2] != b"\xff\x0a":
        return None
    try:
        return _read(_Bits(codestream[2:_LONGEST]))
    except EOFError:
        return None


def _codestream(data: bytes) -> bytes:
    for name, content in contents(data):
        if name == b"jxlc":
            return content[:_LONGEST]
        if name == b"jxlp":
            return content[4 : 4 + _LONGEST]
    return b""


class _Bits:
    """Numbers from bits, the lowest first."""

    def __init__(self, data: bytes) -> None:
        self.value, self.left = int.from_bytes(data, "little"), 8 * len(data)

    def number(self, bits: int) -> int:
        if bits > self.left:
            raise EOFError
        value = self.value & ((1 << bits) - 1)
        self.value >>= bits
        self.left -= bits
        return value

    def choice(self, *choices: Choice) -> int:
        """U32 of the standard: two bits choose offset and length of the number."""
        offset, bits = choices[self.number(2)]
        return offset + self.number(bits)


def _read(bits: _Bits) -> JxlHeader:
    width, height = _size(bits)
    if bits.number(1):  # all else is as usual
        return JxlHeader(width, height)
    if bits.number(1):  # extra fields
        if bits.number(3) >= 4:  # orientations from 5 on swap the sides
            width, height = height, width
        if bits.number(1):
            _size(bits)
        if bits.number(1):
            _skip_preview(bits)
        if bits.number(1):
            return JxlHeader(width, height, animation=True)
    if bits.number(1):
        return JxlHeader(width, height, bits=bits.choice((32, 0), (16, 0), (24, 0), (1, 6)), floating=True)
    return JxlHeader(width, height, bits=bits.choice((8, 0), (10, 0), (12, 0), (1, 6)))


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.number(1)
    height = _side(bits, small)
    ratio = bits.number(3)
    if ratio == 0:
        return _side(bits, small), height
    across, down = _RATIOS[ratio - 1]
    return height * across // down, height


def _side(bits: _Bits, small: int) -> int:
    return 8 * (bits.number(5) + 1) if small else bits.choice((1, 9), (1, 13), (1, 18), (1, 30))


def _skip_preview(bits: _Bits) -> None:
    sides: tuple[Choice, ...] = ((1, 6), (65, 8), (321, 10), (1345, 12))
    if bits.number(1):
        sides = ((16, 0), (32, 0), (1, 5), (33, 9))
    bits.choice(*sides)
    if bits.number(3) == 0:
        bits.choice(*sides)
