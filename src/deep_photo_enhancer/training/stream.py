"""Feeds the network: batches in an order that depends on the step alone."""

from __future__ import annotations

import os
from collections.abc import Iterator

from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from deep_photo_enhancer.system.signals import ignore_the_terminal
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.method import Batch


def batches(
    samples: Dataset[tuple[Tensor, ...]], first_batch: int, batches: int, batch_size: int, processes: Processes, workers: int
) -> Iterator[Batch]:
    """The batches of number first_batch ... batches - 1 for this process; the processes take neighbouring parts of the stream."""

    def numbers() -> Iterator[list[int]]:
        for number in range(first_batch, batches):
            start = (number * processes.count + processes.rank) * batch_size
            yield list(range(start, start + batch_size))

    loader: DataLoader[Batch] = DataLoader(
        samples,
        batch_sampler=_Numbers(numbers()),
        num_workers=min(workers, os.cpu_count() or 1),
        persistent_workers=False,
        worker_init_fn=_prepare_worker,
    )
    yield from loader


def _prepare_worker(_number: int) -> None:
    ignore_the_terminal()


class _Numbers:
    def __init__(self, numbers: Iterator[list[int]]) -> None:
        self.numbers = numbers

    def __iter__(self) -> Iterator[list[int]]:
        return self.numbers
