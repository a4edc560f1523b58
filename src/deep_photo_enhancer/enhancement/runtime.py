"""ONNX Runtime, which is to tell nobody: unless told otherwise, its packages report to their maker over the network."""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # it is read when the library is loaded

import onnxruntime

__all__ = ["onnxruntime"]
