"""Signals ask a demo to end and leave the handlers as they were."""

import os
import signal

import pytest

from infra.local.demo.interrupt import InterruptedDemoError, Stop, stop_on_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_for_the_end_and_nothing_is_raised(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_on_signals() as stop:
        assert not stop
        os.kill(os.getpid(), number)
        assert stop.wait(5)
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_a_check_raises_only_after_somebody_asked() -> None:
    stop = Stop()
    stop.check()
    stop.ask()
    with pytest.raises(InterruptedDemoError):
        stop.check()
