"""Pixels as pictures of libvips, which resizes, converts and writes them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray

logging.getLogger("pyvips").addHandler(logging.NullHandler())  # else logging prints libvips' warnings about damaged files


def vips_image(pixels: NDArray[Any]) -> pyvips.Image:
    """The libvips picture of (H, W, C) pixels, sharing their memory where they are contiguous."""
    grey, rgb = ("grey16", "rgb16") if pixels.dtype == np.uint16 else ("b-w", "srgb")
    kind = grey if pixels.shape[2] < 3 else rgb
    return pyvips.Image.new_from_array(np.ascontiguousarray(pixels)).copy(interpretation=kind)


@contextmanager
def one_thread_each() -> Iterator[None]:
    """In the block, in the whole process, libvips works on a picture with one thread: where photos are many, more only wait."""
    threads = pyvips.concurrency_get()
    pyvips.concurrency_set(1)
    try:
        yield
    finally:
        pyvips.concurrency_set(threads)
