"""The full-size transform in C, called through cffi, which libvips' binding brings along; it works without Python's lock."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deep_photo_enhancer.enhancement.kernel._compiled import ffi, lib
from deep_photo_enhancer.enhancement.kernel.grid import Grid

_FUNCTIONS = {
    (1, "uint8"): lib.apply_rows_grey8,
    (1, "uint16"): lib.apply_rows_grey16,
    (3, "uint8"): lib.apply_rows_rgb8,
    (3, "uint16"): lib.apply_rows_rgb16,
}


def apply_rows(grid: Grid, pixels: NDArray[Any], result: NDArray[Any], top: int, bottom: int) -> None:
    """Transform rows from `top` to before `bottom` of pixels into result: (H, W, C), uint8 or uint16; they may be the same."""
    width, channels = pixels.shape[1:]
    nodes = grid.nodes.shape[1]
    lanes = lib.LANES
    starts = np.searchsorted(grid.columns, np.arange(nodes), side="left").astype(np.int32)
    starts[-1] = width
    share = np.concatenate([grid.column_share, np.zeros(lanes, np.float32)])
    scratch = np.empty(nodes * grid.nodes.shape[2] + 2 * channels * (width + lanes), np.float32)
    source = np.ascontiguousarray(pixels[top:bottom])
    target = result[top:bottom] if result.flags.c_contiguous else np.empty_like(source)
    code = "uint8_t[]" if pixels.dtype == np.uint8 else "uint16_t[]"
    _FUNCTIONS[channels, pixels.dtype.name](
        ffi.from_buffer("float[]", grid.nodes),
        nodes,
        ffi.from_buffer("int32_t[]", np.ascontiguousarray(grid.rows[top:bottom])),
        ffi.from_buffer("float[]", np.ascontiguousarray(grid.row_share[top:bottom])),
        ffi.from_buffer("int32_t[]", starts),
        ffi.from_buffer("float[]", share),
        ffi.from_buffer(code, source),
        ffi.from_buffer(code, target, require_writable=True),
        bottom - top,
        width,
        ffi.from_buffer("float[]", scratch, require_writable=True),
    )
    if not result.flags.c_contiguous:
        result[top:bottom] = target
