"""What a search for photos passes by, counted."""

from __future__ import annotations

import os
from collections import Counter

from deep_photo_enhancer.system.text import quantity

EARLIER, HIDDEN, LINK, OTHER = "earlier output", "hidden file", "link that leads out", "other file"
"""Why something in a folder is no photo to enhance; pictures of other formats are counted under the names of these."""
OTHER_PICTURES = {
    ".gif": "GIF", ".bmp": "BMP", ".dib": "BMP", ".psd": "PSD", ".psb": "PSD", ".xcf": "XCF", ".kra": "KRA", ".exr": "EXR",
    ".hdr": "HDR", ".tga": "TGA", ".pcx": "PCX", ".ppm": "PPM", ".pgm": "PGM", ".pbm": "PBM", ".pnm": "PNM", ".ico": "ICO",
    ".svg": "SVG", ".pdf": "PDF", ".eps": "EPS",
}  # fmt: skip
"""Formats of pictures that are neither read nor written, by suffix."""

Passed = Counter[str]
"""How many files, links and folders were passed by, by reason."""


def reason_of(name: str, is_link: bool) -> str:
    """Why what has this name in a folder is no photo to enhance."""
    if name.startswith("."):
        return HIDDEN
    other = OTHER_PICTURES.get(os.path.splitext(name)[1].lower())  # noqa: PTH122 (for many thousands of names)
    return other or (LINK if is_link else OTHER)


def list_passed(passed: Passed) -> str:
    """What a folder holds beside photos: "3 GIF, 1 BMP, 2 hidden files, 1 other file"."""
    formats = [f"{number} {name}" for name, number in _formats(passed).most_common()]
    rest = [quantity(passed[reason], reason) for reason in (HIDDEN, OTHER) if passed[reason]]
    links = [quantity(passed[LINK], "link that leads out of it", "links that lead out of it")] if passed[LINK] else []
    return ", ".join([*formats, *rest, *links])


def count_passed(passed: Passed) -> str:
    """The end of a summary: ", 3 pictures of other formats not taken (2 GIF, 1 BMP), 4 other files ignored"."""
    formats = _formats(passed)
    names = ", ".join(f"{number} {name}" for name, number in formats.most_common())
    others = passed[HIDDEN] + passed[LINK] + passed[OTHER]
    parts = [
        f", {quantity(passed[EARLIER], EARLIER)} left out" if passed[EARLIER] else "",
        f", {quantity(formats.total(), 'picture')} of other formats not taken ({names})" if formats else "",
        f", {quantity(others, OTHER)} ignored" if others else "",
    ]
    return "".join(parts)


def _formats(passed: Passed) -> Passed:
    return Counter({name: number for name, number in passed.items() if name in OTHER_PICTURES.values()})
