from __future__ import annotations

import signal
from typing import NoReturn

import pytest

from deep_photo_enhancer.system.signals import stop_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
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
