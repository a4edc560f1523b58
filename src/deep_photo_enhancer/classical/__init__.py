"""The classical enhancers that the paper compares with: functions of a photo, without a network."""

from deep_photo_enhancer.classical.fast_local_laplacian import fast_local_laplacian

__all__ = ["fast_local_laplacian"]
