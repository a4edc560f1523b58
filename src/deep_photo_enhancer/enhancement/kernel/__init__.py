"""The inner loop of the full-size transform: compiled where the installation could, else in NumPy; alike but for rounding."""

try:
    from deep_photo_enhancer.enhancement.kernel.compiled import apply_rows

    IS_COMPILED = True
except ImportError:
    from deep_photo_enhancer.enhancement.kernel.plain import apply_rows

    IS_COMPILED = False

__all__ = ["IS_COMPILED", "apply_rows"]
