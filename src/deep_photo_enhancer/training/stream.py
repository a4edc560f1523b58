"""Feeds the network: batches in an order that depends on the step alone."""

from __future__ import annotations

from collections.abc import Iterator

from torch.utils.data import DataLoader

from deep_photo_enhancer.data.pairs import Batch, TrainingPairs
from deep_photo_enhancer.training.distributed import Processes


def batches(
    pairs: TrainingPairs, first_pass: int, passes: int, batch_size: int, processes: Processes, workers: int
) -> Iterator[Batch]:
    """The batches of passes first_pass ... passes - 1 for this process; the processes take neighbouring parts of the stream."""

    def numbers() -> Iterator[list[int]]:
        for number in range(first_pass, passes):
            start = (number * processes.count + processes.rank) * batch_size
            yield list(range(start, start + batch_size))

    loader: DataLoader[Batch] = DataLoader(
        pairs, batch_sampler=_Numbers(numbers()), num_workers=workers, persistent_workers=False
    )
    yield from loader


class _Numbers:
    def __init__(self, numbers: Iterator[list[int]]) -> None:
        self.numbers = numbers

    def __iter__(self) -> Iterator[list[int]]:
        return self.numbers
