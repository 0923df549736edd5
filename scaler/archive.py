"""Writes to the history store behind the loop's back, so that no tick waits for a database.

What is to be written waits in memory, bounded; when the bound is reached the oldest goes, because
the loop can go on without it and the newest is what a restart needs. What the loop cannot go on
without, or an operator gave, has a key and is never shed; it waits apart from that and goes first,
unless it has to keep its place.
"""

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import structlog

from scaler.health import Dependency
from scaler.metrics import Metrics
from scaler.ports import HistoryStore
from scaler.records import Control, DecisionRow, LoadRow, Unavailable, Unusable

__all__ = ["MOST_WAITING", "Archive", "Write"]

log = structlog.get_logger()
MOST_WAITING = 5_000

Write = Callable[[HistoryStore], None]


class Archive:
    """Order is kept among what may be shed, and among the rest. Safe to add from any thread."""

    def __init__(
        self,
        store: HistoryStore,
        dependency: Dependency,
        metrics: Metrics,
        *,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """``most_waiting``: writes that may be shed; the oldest go when there are more."""
        self.store = store
        self.dependency = dependency
        self._metrics = metrics
        self._most_waiting = most_waiting
        self._lasting: dict[Hashable, Write] = {}
        self._waiting: deque[tuple[Hashable, Write]] = deque()
        self._lost = 0
        self._lock = Lock()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive")
        self._running: Future[None] | None = None

    @property
    def waiting(self) -> int:
        """How much is still to be written."""
        return len(self._lasting) + len(self._waiting)

    def add(self, write: Write, *, key: Hashable = None, in_order: bool = False) -> None:
        """Write as soon as possible.

        Args:
            key: of what must not be lost; it takes the place of what waits by the same key.
            in_order: not before what was added earlier.
        """
        with self._lock:
            if key is None or in_order:
                self._waiting.append((key, write))
                self._shed()
            else:
                self._lasting[key] = write

    def add_rows(self, rows: Sequence[LoadRow], decisions: Sequence[DecisionRow]) -> None:
        if rows or decisions:
            self.add(lambda store: store.write(rows, decisions))

    def add_control(self, control: Control) -> None:
        key = "control", control.workload, control.at
        self.add(lambda store: store.keep(control), key=key)

    def kick(self) -> None:
        """Start writing, unless it is under way or the store is left alone for now."""
        busy = self._running is not None and not self._running.done()
        if not busy and not self.dependency.is_paused and self.waiting:
            self._running = self._executor.submit(self._drain)

    def close(self, *, timeout_s: float) -> None:
        """Write what waits, if that is possible in time."""
        self.kick()
        if self._running is not None:
            try:
                self._running.result(timeout_s)
            except TimeoutError:
                log.warning("history lost: the database is too slow", waiting=self.waiting)
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _drain(self) -> None:
        while (found := self._next()) is not None:
            key, write = found
            try:
                self.dependency.ask(lambda write=write: write(self.store))  # type: ignore[misc]
            except Unusable as error:
                self._metrics.failed("internal")
                log.error("a write that the database refuses was dropped", detail=error.detail)
            except Unavailable:
                self._put_back(key, write)
                return
            except Exception:
                self._metrics.failed("internal")
                log.exception("a write that cannot succeed was dropped")

    def _next(self) -> tuple[Hashable, Write] | None:
        with self._lock:
            if self._lasting:
                key = next(iter(self._lasting))
                return key, self._lasting.pop(key)
            if self._waiting:
                return self._waiting.popleft()
            lost, self._lost = self._lost, 0
        if lost:
            log.warning("history lost while the database was away", writes=lost)
        return None

    def _put_back(self, key: Hashable, write: Write) -> None:
        with self._lock:
            if key is None:
                self._waiting.appendleft((key, write))
                self._shed()
            else:  # what was added by its key meanwhile is newer
                self._lasting = {key: write} | self._lasting

    def _shed(self) -> None:
        """Drop the oldest beyond the bound, under the lock; said as it begins and as it ends."""
        while len(self._waiting) > self._most_waiting:
            key, write = self._waiting.popleft()
            if key is not None:  # nothing of before it is left
                self._lasting[key] = write
                continue
            if not self._lost:
                log.warning("history lost: too much waits", waiting=self._most_waiting)
            self._lost += 1
