"""`python -m deep_photo_enhancer` is the command `dpe`."""

from deep_photo_enhancer.cli import main

main(prog_name="dpe")
