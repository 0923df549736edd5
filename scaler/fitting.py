"""Fits forecasters one at a time in a thread of its own, so that ticks never stall.

Gradient boosting leaves the interpreter's lock while it works, and is held to one core.
"""

import contextlib
import ctypes
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

from scaler.core.forecaster import LoadForecaster
from scaler.core.series import Series

__all__ = ["Fitted", "Fitting"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """A fit that is done."""

    model: LoadForecaster
    generation: int
    seconds: float


class Fitting:
    """At most one fit per workload waits or runs; used by the loop's thread only."""

    def __init__(self, *, leads: tuple[int, ...], seasons: tuple[int, ...]) -> None:
        self._leads, self._seasons = leads, seasons
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="fit")
        self._under_way: dict[str, Future[Fitted]] = {}

    def is_under_way(self, workload: str) -> bool:
        return workload in self._under_way

    def start(self, workload: str, series: Series, *, generation: int) -> None:
        self._under_way[workload] = self._executor.submit(self._fit, series, generation)

    def result(self, workload: str) -> Fitted | None:
        """A fit that has ended since it was asked for last.

        Raises:
            Exception: what the fit raised.
        """
        future = self._under_way.get(workload)
        if future is None or not future.done():
            return None
        del self._under_way[workload]
        return future.result()

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _fit(self, series: Series, generation: int) -> Fitted:
        began = time.monotonic()
        with threadpool_limits(limits=1):
            model = LoadForecaster(leads=self._leads, seasons=self._seasons).fit(series)
        _return_memory()
        return Fitted(model=model, generation=generation, seconds=time.monotonic() - began)


def _return_memory() -> None:
    """Give what the fit used back to the system; glibc alone keeps it for the next fit."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
