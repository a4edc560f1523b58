"""Compiles apply.c when the package is installed; see setup.py."""

import sys
from pathlib import Path

from cffi import FFI

ARGUMENTS = """(const float *nodes, int columns, const int32_t *row_nodes, const float *row_share, const int32_t *starts,
    const float *share, const {code} *pixels, {code} *result, int height, int width, float *scratch);"""
FUNCTIONS = {"rgb8": "uint8_t", "grey8": "uint8_t", "rgb16": "uint16_t", "grey16": "uint16_t"}
HERE = Path(__file__).parent

ffi = FFI()
ffi.cdef(
    "#define LANES 16\n" + "\n".join(f"void apply_rows_{kind}{ARGUMENTS.format(code=FUNCTIONS[kind])}" for kind in FUNCTIONS)
)
ffi.set_source(
    "deep_photo_enhancer.enhancement.kernel._compiled",
    '#include "apply.c"',
    include_dirs=[str(HERE)],
    depends=[str(HERE / "apply.c"), str(HERE / "rows.h")],
    # -O3 would peel the loops over groups of pixels and lose half of the speed
    extra_compile_args=[] if sys.platform == "win32" else ["-O2", "-ftree-vectorize", "-g0"],
    optional=True,  # without a compiler the package works with NumPy, more slowly
)
