"""One photo in several looks, to choose from: a page, or a picture of them all."""

from deep_photo_enhancer.enhancement.compare.looks import Look, make_looks
from deep_photo_enhancer.enhancement.compare.page import write_page
from deep_photo_enhancer.enhancement.compare.picture import write_picture

__all__ = ["Look", "make_looks", "write_page", "write_picture"]
