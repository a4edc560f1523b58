"""One line on where a figure was measured."""

from deep_photo_enhancer.enhancement.bench.machine import machine as details


def machine() -> str:
    """Processor, cores, Python and the versions that matter for the figures."""
    return ", ".join(f"{name} {value}" for name, value in details().items())
