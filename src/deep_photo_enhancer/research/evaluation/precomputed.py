"""Pictures that another tool made of the inputs, as a system."""

from __future__ import annotations

from pathlib import Path

from deep_photo_enhancer.photo.arrays import Pixels
from deep_photo_enhancer.research.evaluation.pairs import Pair, PairFiles, read, shape, unreadable_photos
from deep_photo_enhancer.training.data.files import find_photos


class PrecomputedImages:
    """A folder of pictures, matched by stem; those that no pair asks for are ignored. DataError when it has none.

    size: long side that they are scaled down to, as their inputs and labels are.
    """

    def __init__(self, folder: Path, size: int | None) -> None:
        self.folder = folder
        self.size = size
        self.pictures: dict[str, list[Path]] = {}
        for path in find_photos([folder]):
            self.pictures.setdefault(path.stem, []).append(path)

    def __call__(self, pair: Pair) -> Pixels:
        return read(self.pictures[pair.name][0], self.size)

    def problems(self, pairs: PairFiles) -> list[str]:
        """A sentence for each input without a picture, or with several, of another size, or one that cannot be decoded."""
        wanted = {x: self.pictures.get(x.stem, []) for x, _ in pairs.files}
        found = [
            f"{x}: {f'{len(made)} pictures' if made else 'no picture'} of this name in {self.folder}"
            for x, made in wanted.items()
            if len(made) != 1
        ]
        single = {x: made[0] for x, made in wanted.items() if len(made) == 1}
        for x, made in single.items():
            found += self._size_problem(x, made)
        return found + unreadable_photos(list(single.values()), self.size)

    def _size_problem(self, x: Path, made: Path) -> list[str]:
        of_x, of_made = shape(x, self.size), shape(made, self.size)
        if of_x is None or of_made is None or of_x == of_made:  # what cannot be read is reported elsewhere
            return []
        return [f"{made}: {of_made[1]} x {of_made[0]} pixels, but its input {x} has {of_x[1]} x {of_x[0]}"]
