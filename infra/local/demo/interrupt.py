"""Ending a demo early, on Ctrl-C or SIGTERM, so that it still tidies up after itself."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class InterruptedDemoError(Exception):
    """Somebody asked the demo to end; what it started has yet to be tidied up."""


class Stop:
    """Whether the demo should end. Any thread may ask; waits on it end at once."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def ask(self) -> None:
        self._asked.set()

    def __bool__(self) -> bool:
        return self._asked.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep; True as soon as the demo should end."""
        return self._asked.wait(max(0.0, seconds))

    def check(self) -> None:
        """Raise InterruptedDemoError when the demo should end."""
        if self._asked.is_set():
            raise InterruptedDemoError


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """A Stop that the first signal asks; a second one while tidying up is not heeded.

    Only in the main thread. The handlers that were there come back at the end.
    """
    stop = Stop()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.ask()

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
