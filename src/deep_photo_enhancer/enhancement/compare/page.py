"""The looks as a page that holds everything it shows."""

from __future__ import annotations

import shlex
from base64 import b64encode
from collections.abc import Iterable
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from deep_photo_enhancer.enhancement.compare.looks import Look
from deep_photo_enhancer.photo import Photo, SaveOptions
from deep_photo_enhancer.system.files import atomic_write
from deep_photo_enhancer.system.text import one_line

QUALITY = SaveOptions(quality=88)


def write_page(rows: Iterable[list[Look]], photo: Path, output: Path) -> None:
    """One HTML file, which asks nothing of the network. OSError when it cannot be written."""
    template = Template(resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    cells = [f'<div class="row">\n{"".join(_cell(look, photo) for look in row)}</div>\n' for row in rows]
    page = template.substitute(photo=escape(one_line(photo.name)), rows="".join(cells))
    with atomic_write(output) as unfinished:
        unfinished.write_text(page, encoding="utf-8", errors="backslashreplace")


def _cell(look: Look, photo: Path) -> str:
    jpeg = b64encode(Photo(look.pixels).to_bytes(".jpg", QUALITY)).decode()
    height, width = look.pixels.shape[:2]
    command = f"dpe enhance {shlex.quote(one_line(photo))} {look.options}" if look.options else ""
    return (
        f'<figure><img src="data:image/jpeg;base64,{jpeg}" alt="{escape(one_line(look.caption))}" width="{width}" '
        f'height="{height}"><figcaption>{escape(one_line(look.caption))}<code>{escape(one_line(command))}</code></figcaption>'
        "</figure>\n"
    )
