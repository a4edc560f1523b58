from __future__ import annotations

import signal

import numpy as np
import pytest
import torch

from deep_photo_enhancer.training.data.config import DataConfig
from deep_photo_enhancer.training.data.flattening import FlatteningConfig
from deep_photo_enhancer.training.data.pairs import Photos, TrainingPairs
from deep_photo_enhancer.training.distributed import Processes
from deep_photo_enhancer.training.stream import batches
from tests.synthetic import grey


@pytest.fixture
def pairs() -> TrainingPairs:
    """Sample n is of the grey code that `numbers` turns back into n."""
    photos = Photos([str(i) for i in range(24)], [grey(10 * i, 8, 8) for i in range(24)], None)
    config = DataConfig(labels=("unused",), crop=1, flip=False, flattening=FlatteningConfig(unchanged=1))
    return TrainingPairs(photos, config, 64, seed=0, length=24)


def numbers(y: torch.Tensor) -> list[int]:
    order = np.random.default_rng([0, 0, 0]).permutation(24).tolist()
    return [order.index(round(code * 255 / 10)) for code in y[:, 0, 0, 0].tolist()]


def test_passes_take_the_samples_in_turn_and_a_resumed_stream_goes_on_where_it_stopped(pairs: TrainingPairs) -> None:
    whole = [numbers(y) for _, y, _ in batches(pairs, 0, 4, 3, Processes(), 0)]
    assert whole == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]
    resumed = [numbers(y) for _, y, _ in batches(pairs, 2, 4, 3, Processes(), 0)]
    assert resumed == whole[2:]


def test_two_processes_take_neighbouring_parts_of_the_same_stream(pairs: TrainingPairs) -> None:
    taken = [[numbers(y) for _, y, _ in batches(pairs, 0, 2, 3, Processes(rank, 2), 0)] for rank in (0, 1)]
    assert taken == [[[0, 1, 2], [6, 7, 8]], [[3, 4, 5], [9, 10, 11]]]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_workers_change_nothing(pairs: TrainingPairs) -> None:
    alone = list(batches(pairs, 0, 4, 2, Processes(), 0))
    with_workers = list(batches(pairs, 0, 4, 2, Processes(), 2))
    assert len(alone) == len(with_workers) == 4
    for mine, theirs in zip(alone, with_workers, strict=True):
        for tensor, other in zip(mine, theirs, strict=True):
            assert torch.equal(tensor, other)


class Deafness(torch.utils.data.Dataset[tuple[torch.Tensor, ...]]):
    """Whether the process that makes a sample ignores Ctrl-C and SIGTERM."""

    def __getitem__(self, _number: int) -> tuple[torch.Tensor, ...]:
        ignored = [signal.getsignal(number) is signal.SIG_IGN for number in (signal.SIGINT, signal.SIGTERM)]
        return (torch.tensor(ignored),)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_workers_leave_ctrl_c_to_the_training_and_end_when_it_ends_them() -> None:
    ((deafness,),) = batches(Deafness(), 0, 1, 1, Processes(), 1)
    assert deafness.tolist() == [[True, False]]
