"""Cameras' and phones' own JPEGs, and their maker notes in other formats."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.corpus.case import Case
from benchmarks.corpus.pictures import Pictures
from benchmarks.corpus.tools import convert, run

MOVED = ("jpg", "png", "webp", "tif")


def cases(pictures: Pictures, folder: Path) -> list[Case]:
    """Each photo as it is, and small pictures with the tags of one photo of each maker that writes notes."""
    photos = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg"))
    found = [Case("originals", path.name, partial(_linked, path), tolerance=4) for path in photos]
    for maker, photo in _with_notes(photos).items():
        for suffix in MOVED:
            tolerance = 0.0 if suffix in ("png", "tif") else 4.0
            found.append(Case("maker notes", f"{maker}.{suffix}", partial(_tags_of, pictures, photo), tolerance=tolerance))
    return found


def _with_notes(photos: list[Path]) -> dict[str, Path]:
    """One photo for each maker."""
    makers: dict[str, Path] = {}
    for photo in photos:
        maker, notes = (run("exiftool", "-s3", "-b", tag, photo) for tag in ("-Make", "-MakerNoteVersion"))
        if maker and notes:
            makers.setdefault(maker.decode().split()[0], photo)
    return makers


def _linked(photo: Path, path: Path) -> None:
    path.write_bytes(photo.read_bytes())


def _tags_of(pictures: Pictures, photo: Path, path: Path) -> None:
    convert(pictures.ppm, "-strip", "-quality", "95", "-sampling-factor", "1x1", path)
    run(
        "exiftool", "-q", "-m", "-overwrite_original", "-TagsFromFile", photo, "-all:all", "-unsafe", "-Orientation=1", "-n", path
    )
