"""Writes to the history store behind the loop's back, so that no tick waits for a database.

What is to be written waits in memory, bounded; when the bound is reached the oldest goes, because
the loop can go on without it and the newest is what a restart needs.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import structlog

from scaler.health import Dependency
from scaler.ports import HistoryStore
from scaler.records import DecisionRow, LoadRow, Unavailable

__all__ = ["Archive", "Write"]

log = structlog.get_logger()
MOST_WAITING = 5_000

Write = Callable[[HistoryStore], None]


class Archive:
    """Order is kept: what is added first is written first. Safe to add from any thread."""

    def __init__(self, store: HistoryStore, dependency: Dependency) -> None:
        self.store = store
        self.dependency = dependency
        self._waiting: deque[Write] = deque(maxlen=MOST_WAITING)
        self._lock = Lock()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive")
        self._running: Future[None] | None = None

    def add(self, write: Write) -> None:
        with self._lock:
            if len(self._waiting) == MOST_WAITING:
                log.warning("history lost: too much waits for the database", waiting=MOST_WAITING)
            self._waiting.append(write)

    def add_rows(self, rows: Sequence[LoadRow], decisions: Sequence[DecisionRow]) -> None:
        if rows or decisions:
            self.add(lambda store: store.write(rows, decisions))

    def kick(self) -> None:
        """Start writing, unless it is under way or the store is left alone for now."""
        busy = self._running is not None and not self._running.done()
        if not busy and not self.dependency.is_paused and self._waiting:
            self._running = self._executor.submit(self._drain)

    def close(self, *, timeout_s: float) -> None:
        """Write what waits, if that is possible in time."""
        self.kick()
        if self._running is not None:
            try:
                self._running.result(timeout_s)
            except TimeoutError:
                log.warning("history lost: the database is too slow", waiting=len(self._waiting))
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _drain(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    return
                write = self._waiting.popleft()
            try:
                self.dependency.ask(lambda write=write: write(self.store))  # type: ignore[misc]
            except Unavailable:
                with self._lock:
                    if len(self._waiting) < MOST_WAITING:
                        self._waiting.appendleft(write)
                return
            except Exception:
                log.exception("a write that cannot succeed was dropped")
