"""dpe compare"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deep_photo_enhancer.cli.shared import CommandLineError, model_file, one_line_errors, path_type
from deep_photo_enhancer.system.files import shorten
from deep_photo_enhancer.system.text import one_line

if TYPE_CHECKING:
    from deep_photo_enhancer.enhancement.enhancer import Enhancer


@click.command()
@click.argument("photo", type=path_type())
@click.option("--models", help="Models and classical methods, with commas between; without it all that dpe models lists.")
@click.option("--strengths", default="0.5,1,1.5", show_default=True, help="From 0 to 2, with commas between.")
@click.option("-o", "--output", type=path_type(), help="A page (.html) or a picture (.png); without it PHOTO-looks.html.")
@one_line_errors
def compare(photo: Path, models: str | None, strengths: str, output: Path | None) -> None:
    """Show PHOTO in several looks, small, to choose from: each model at each strength, on one page or in one picture.

    \b
    dpe compare photo.jpg
    dpe compare photo.jpg --models natural,mylook.onnx,clhe --strengths 0.5,1 -o sheet.png
    """
    from deep_photo_enhancer.cli.targets import SHEET, SHEET_PICTURE, check_file
    from deep_photo_enhancer.enhancement.compare import make_looks, write_page, write_picture
    from deep_photo_enhancer.enhancement.models import known_models

    target = output or photo.parent / shorten(photo.stem, "-looks.html")
    if target.suffix.lower() not in (".html", ".png"):
        raise CommandLineError(one_line(f"{target}: name a file that ends in .html or .png"))
    is_page = target.suffix.lower() == ".html"
    check_file(target, SHEET if is_page else SHEET_PICTURE, [photo])
    amounts = _strengths(strengths)
    rows = make_looks(photo, _enhancers(_split(models) if models else list(known_models())), amounts)
    if is_page:
        write_page(rows, photo, target)
    else:
        write_picture(rows, target)
    click.echo(one_line(f"wrote {target}"))


def _enhancers(names: Sequence[str]) -> dict[str, Enhancer]:
    """By their names. ModelError for one that means nothing."""
    from deep_photo_enhancer.enhancement.classical import CLASSICAL
    from deep_photo_enhancer.enhancement.enhancer import Enhancer

    return {name: Enhancer(method=name) if name in CLASSICAL else Enhancer(model_file(name)) for name in names}


def _strengths(text: str) -> list[float]:
    from deep_photo_enhancer.enhancement.split import Amounts

    try:
        return [Amounts(float(word)).strength for word in _split(text)]
    except ValueError as error:
        raise CommandLineError(f"--strengths: {one_line(text)}: name numbers from 0 to 2, with commas between") from error


def _split(text: str) -> list[str]:
    """Words between commas, each once; CommandLineError for none."""
    words = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    if not words:
        raise CommandLineError("--models and --strengths: name at least one")
    return words
