"""Size, kind and colours of a JPEG XL picture from its first bits.

ISO/IEC 18181-1, annexes B, D and E; 18181-2 for the boxes.
"""

from __future__ import annotations

from dataclasses import dataclass

from deep_photo_enhancer.photo.containers.bmff import contents

_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_LONGEST = 1 << 16
"""Bytes in which the header ends."""

_ALPHA, _SPOT, _BLACK, _CFA = 0, 2, 4, 5
"""Kinds of channels beside the colours."""
_GREY, _XYB, _CUSTOM = 1, 2, 2

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
    premultiplied: bool = False
    """Whether the colours are multiplied by the transparency."""
    inks: bool = False
    """Whether there is a channel of black ink, as CMYK has."""
    transfer: int = 13
    """Transfer characteristics by ITU-T H.273; 2 where a profile says more."""


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
    depth, floating = _depth(bits)
    bits.number(1)  # 16 bits suffice for a decoder
    extras = [_extra_channel(bits) for _ in range(bits.choice((0, 0), (1, 0), (2, 4), (1, 12)))]
    bits.number(1)  # XYB
    return JxlHeader(
        width,
        height,
        bits=depth,
        floating=floating,
        premultiplied=(_ALPHA, True) in extras,
        inks=any(kind == _BLACK for kind, _ in extras),
        transfer=_transfer(bits),
    )


def _depth(bits: _Bits) -> tuple[int, bool]:
    """Bits a channel, and whether they are of floating-point numbers."""
    if bits.number(1):
        depth = bits.choice((32, 0), (16, 0), (24, 0), (1, 6))
        bits.number(4)
        return depth, True
    return bits.choice((8, 0), (10, 0), (12, 0), (1, 6)), False


def _extra_channel(bits: _Bits) -> tuple[int, bool]:
    """Its kind, and whether it is transparency that the colours are multiplied by."""
    if bits.number(1):  # as is usual
        return _ALPHA, False
    kind = _enumerated(bits)
    _depth(bits)
    bits.choice((0, 0), (3, 0), (4, 0), (1, 3))
    for _ in range(bits.choice((0, 0), (0, 4), (16, 5), (48, 10))):  # its name
        bits.number(8)
    if kind == _SPOT:
        bits.number(64)
    if kind == _CFA:
        bits.choice((1, 0), (0, 2), (3, 4), (19, 8))
    return kind, kind == _ALPHA and bool(bits.number(1))


def _transfer(bits: _Bits) -> int:
    """The transfer characteristics by ITU-T H.273; 2 where they are not named."""
    if bits.number(1):  # sRGB
        return 13
    has_profile, space = bits.number(1), _enumerated(bits)
    if has_profile or space == _XYB:
        return 2
    if _enumerated(bits) == _CUSTOM:
        _skip_chromaticities(bits, 1)
    if space != _GREY and _enumerated(bits) == _CUSTOM:
        _skip_chromaticities(bits, 3)
    return 2 if bits.number(1) else _enumerated(bits)


def _enumerated(bits: _Bits) -> int:
    return bits.choice((0, 0), (1, 0), (2, 4), (18, 6))


def _skip_chromaticities(bits: _Bits, count: int) -> None:
    for _ in range(2 * count):
        bits.choice((0, 19), (1 << 19, 19), (1 << 20, 20), (1 << 21, 21))


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
