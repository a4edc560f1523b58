"""What a run of `dpe learn` keeps of the photos: small copies to learn from, and a few larger ones to be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from deep_photo_enhancer.enhancement.captions import AS_TAKEN
from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.photo.small_copies import small_copy
from deep_photo_enhancer.system.progress import map_in_threads
from deep_photo_enhancer.training.data.files import PhotoCache
from deep_photo_enhancer.training.learning.ordinary import make_ordinary, measure, ordinary_statistics
from deep_photo_enhancer.training.log import write_picture

LIKED, ORDINARY, SHOWN = "liked", "ordinary", "shown"
"""Folders in the run's."""
AS_ORDINARY, AS_LIKED = "made ordinary", "liked"
"""Folders in SHOWN, and captions, as AS_TAKEN is: what goes into the network, given or made of liked photos, and these."""
SHOWN_SIDE = 320
"""Long side of a photo that is shown, in pixels."""
SHOWN_COUNT = 4


def write_copies(photos: Mapping[str, Sequence[Path]], run: Path, side: int, share: float) -> None:
    """Copies with a short side of `side` pixels; of the photos kept for validation, every 1/share-th, some are shown.

    photos: by LIKED and, where they were given, ORDINARY. Without, ordinary ones are made of the liked ones and have their
    names: partners. Otherwise names begin with x and y, so that no x passes for a y's partner.
    """
    liked = _load(photos[LIKED], side)
    _write(liked, run / LIKED, "y")
    if ORDINARY in photos:
        _write(_load(photos[ORDINARY], side), run / ORDINARY, "x")
        _write(_load_shown(photos[ORDINARY], share), run / SHOWN / AS_TAKEN)
        return
    common, ordinary = measure(liked), ordinary_statistics()

    def make(photo: Pixels) -> Pixels:
        return make_ordinary(photo, common, ordinary)

    _write(map_in_threads(make, liked, "making ordinary photos"), run / ORDINARY, "y")
    shown = _load_shown(photos[LIKED], share)
    _write([make(photo) for photo in shown], run / SHOWN / AS_ORDINARY)
    _write(shown, run / SHOWN / AS_LIKED)


def _load(photos: Sequence[Path], side: int) -> list[Pixels]:
    return PhotoCache(side, min).load_all(photos)


def _load_shown(photos: Sequence[Path], share: float) -> list[Pixels]:
    kept = photos[:: round(1 / share)]
    return [small_copy(path, SHOWN_SIDE) for path in kept[:: -(-len(kept) // SHOWN_COUNT)]]


def _write(copies: Sequence[Pixels], place: Path, prefix: str = "") -> None:
    place.mkdir(parents=True)
    for i, copy in enumerate(copies):
        write_picture(copy, place / f"{prefix}{i:04d}.png")
