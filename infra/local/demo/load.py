"""Submitting tasks at given times, from a bounded number of threads."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from infra.local.demo.client import ApiError, Client, UnavailableError
from infra.local.demo.interrupt import Stop

TASK_TYPE = "load.synthetic"
SUBMITTERS = 16  # requests at once; more arrivals than they can carry are late, not lost
RECENT_S = 5.0  # the rate shown is that of so many last seconds


class Load:
    """What has been submitted so far. Readable from any thread while `run` is at work."""

    def __init__(self, client: Client, *, hold_s: float, stop: Stop) -> None:
        """Tasks that hold a slot for ``hold_s`` seconds without using the processor."""
        self._client = client
        self._parameters = {"seconds": hold_s, "mode": "wait"}
        self._stop = stop
        self._lock = threading.Lock()
        self._at: list[float] = []
        self.task_ids: set[str] = set()
        self.troubles: Counter[str] = Counter()
        self.planned = 0  # tasks that were to be submitted by all runs so far
        self.latest_s = 0.0

    def run(self, arrivals: Sequence[float]) -> None:
        """Submit one task at each time; returns when the last was accepted or given up.

        Args:
            arrivals: seconds from now, ascending.
        """
        begin = time.monotonic()
        self.planned += len(arrivals)
        free = threading.BoundedSemaphore(2 * SUBMITTERS)
        with ThreadPoolExecutor(max_workers=SUBMITTERS, thread_name_prefix="submit") as pool:
            for at in arrivals:
                if self._stop.wait(begin + at - time.monotonic()):
                    return
                free.acquire()
                self.latest_s = max(self.latest_s, time.monotonic() - begin - at)
                pool.submit(self._submit).add_done_callback(lambda _done: free.release())

    def rate(self) -> float:
        """Accepted tasks a second over the last few seconds."""
        since = time.monotonic() - RECENT_S
        with self._lock:
            return sum(1 for at in self._at if at > since) / RECENT_S

    def _submit(self) -> None:
        if self._stop:
            return
        try:
            task = self._client.submit(TASK_TYPE, self._parameters)
        except (ApiError, UnavailableError) as exc:
            with self._lock:
                self.troubles[str(exc)] += 1
            return
        with self._lock:
            self.task_ids.add(task["id"])
            self._at.append(time.monotonic())
