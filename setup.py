"""What pyproject.toml cannot say: the compiled inner loop is built through cffi."""

from setuptools import setup

setup(cffi_modules=["src/deep_photo_enhancer/enhancement/kernel/build.py:ffi"])
