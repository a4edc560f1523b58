"""One line on where a figure was measured."""

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine() -> str:
    """Processor, cores, Python and the versions that matter for the figures."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "onnxruntime", "pyvips-binary"))
    return f"{model}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}"
