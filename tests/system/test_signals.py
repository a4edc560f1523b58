from __future__ import annotations

import signal
from collections.abc import Iterator
from threading import Thread
from typing import NoReturn

import pytest

from deep_photo_enhancer.system.signals import interrupting_signals, stop_signals


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """SIGHUP is not ignored, also where nohup runs the tests."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_asks_and_the_second_interrupts(number: signal.Signals, capfd: pytest.CaptureFixture[str]) -> None:
    with stop_signals("stopping") as stop:
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.is_set()
        assert capfd.readouterr() == ("", "stopping\n")
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert capfd.readouterr() == ("", "")


def test_another_end_and_nothing_to_say(capfd: pytest.CaptureFixture[str]) -> None:
    def end() -> NoReturn:
        raise SystemExit(130)

    with pytest.raises(SystemExit), stop_signals(None, end):  # noqa: PT012
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert capfd.readouterr() == ("", "")


def test_the_signals_go_back_to_whoever_had_them() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(ValueError, match="of the block"), stop_signals(None):  # noqa: PT012
        assert signal.getsignal(signal.SIGINT) != before[0]
        raise ValueError("of the block")
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_without_an_event_each_signal_interrupts(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), interrupting_signals():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(("number", "is_taken"), [(signal.SIGHUP, False), (signal.SIGINT, True)])
def test_nohup_holds_and_a_shells_background_does_not(number: signal.Signals, is_taken: bool) -> None:
    before = signal.signal(number, signal.SIG_IGN)  # as nohup does, and a shell for what it starts in the background
    try:
        with stop_signals(None) as stop:
            signal.raise_signal(number)
            assert stop.is_set() == is_taken
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_other_threads_take_no_signals() -> None:
    entered: list[bool] = []

    def enter() -> None:
        with stop_signals(None) as stop:
            entered.append(stop.is_set())

    thread = Thread(target=enter)
    thread.start()
    thread.join()
    assert entered == [False]
