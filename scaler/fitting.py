"""Fits forecasters one at a time in a thread of its own, so that ticks never stall.

Gradient boosting leaves the interpreter's lock while it works, and is held to one core; the loop's
thread, which sleeps most of the time, is scheduled before it by any fair scheduler. Of what waits,
the most urgent goes first, so that a workload without any forecast does not stand behind a thousand
that are only due for a fresh one.
"""

import contextlib
import ctypes
import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from threadpoolctl import threadpool_limits

__all__ = ["Fitting"]

T = TypeVar("T")
_Waiting = tuple[int, int, str, Callable[[], T], "Future[T]"]


class Fitting(Generic[T]):
    """At most one job per workload waits or runs; used by the loop's thread only."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Waiting[T]] = []
        self._under_way: dict[str, Future[T]] = {}
        self._order = itertools.count()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """Jobs that have not begun."""
        return len(self._waiting)

    def is_under_way(self, workload: str) -> bool:
        return workload in self._under_way

    def start(self, workload: str, job: Callable[[], T], *, urgency: int = 0) -> None:
        """Let a job run when it is its turn; the least urgency goes first, then the oldest.

        Args:
            job: gets what it needs when it begins: what it would hold while it waits adds up.
        """
        future: Future[T] = Future()
        self._under_way[workload] = future
        with self._changed:
            entry = (urgency, next(self._order), workload, job, future)
            heapq.heappush(self._waiting, entry)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="fit", daemon=True)
                self._thread.start()
            self._changed.notify()

    def result(self, workload: str) -> T | None:
        """What a job that has ended since it was asked for last gave.

        Raises:
            Exception: what the job raised.
        """
        future = self._under_way.get(workload)
        if future is None or not future.done():
            return None
        del self._under_way[workload]
        return future.result()

    def forget(self, workload: str) -> None:
        """What waits or runs for a workload is of no use any more."""
        self._under_way.pop(workload, None)
        with self._changed:
            self._waiting = [entry for entry in self._waiting if entry[2] != workload]
            heapq.heapify(self._waiting)

    def close(self) -> None:
        """Nothing begins any more; what runs is left to end with the process."""
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._changed.notify()

    def _work(self) -> None:
        with threadpool_limits(limits=1):
            while True:
                with self._changed:
                    while not self._waiting and not self._is_closed:
                        self._changed.wait()
                    if self._is_closed:
                        return
                    _, _, _, job, future = heapq.heappop(self._waiting)
                try:
                    future.set_result(job())
                except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
                    future.set_exception(error)
                del job, future
                _return_memory()


def _return_memory() -> None:
    """Give what the fit used back to the system; glibc alone keeps it for the next fit."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
