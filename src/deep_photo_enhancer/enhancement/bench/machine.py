"""What figures were measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyvips

from deep_photo_enhancer.enhancement.kernel import IS_COMPILED
from deep_photo_enhancer.enhancement.models import load_onnxruntime


def machine() -> dict[str, Any]:
    """Processor, cores and the versions that matter for the figures."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    processor = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    versions = {"numpy": np.__version__, "onnxruntime": load_onnxruntime().__version__, "pyvips": version("pyvips")}
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **versions,
        "libvips": ".".join(str(pyvips.version(part)) for part in range(3)),
        "compiled kernel": IS_COMPILED,
    }
