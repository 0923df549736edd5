"""What the loop shows of itself and lets others change, in the shapes of the HTTP API."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from scaler.book import Book
from scaler.core.forecast import Absence
from scaler.core.series import Series, backfill
from scaler.loop import Loop
from scaler.ports import Clock, DecisionRow, UnknownWorkloadError

__all__ = ["View"]

# A loop that has not ticked for so long hangs: longer than all time-outs of one tick.
HUNG_AFTER_S = 60.0
HUNG_AFTER_TICKS = 10


class View:
    """A ``Scaling`` over a loop; safe to call from any thread."""

    def __init__(self, loop: Loop, *, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._began = time.monotonic()

    def workloads(self) -> list[dict[str, Any]]:
        with self._loop.lock:
            return [self._workload(book) for book in self._loop.books.values()]

    def series(self, workload: str, *, window_s: float) -> dict[str, list[tuple[float, float]]]:
        book = self._book(workload)
        oldest = self._clock.now().timestamp() - window_s
        with self._loop.lock:
            return {
                "actual": _points(book.load, oldest),
                "forecast": _points(book.median, oldest),
                "upper": _points(book.upper, oldest),
                "replicas": _points(book.replicas, oldest),
            }

    def decisions(self, workload: str | None, *, limit: int) -> list[dict[str, Any]]:
        names = [workload] if workload else list(self._loop.books)
        with self._loop.lock:
            rows = [row for name in names for row in self._book(name).decisions]
        newest = sorted(rows, key=lambda row: row.decision.at, reverse=True)[:limit]
        return [row.shown() for row in newest]

    def backfill(
        self, workload: str, *, step_s: float, end_s: float, values: Sequence[float]
    ) -> None:
        book = self._book(workload)
        history = backfill(
            values,
            given_ms=round(step_s * 1000),
            end_s=end_s,
            step_ms=self._loop.timing.step_ms,
            limit=self._loop.timing.keep_steps,
        )
        with self._loop.lock:
            book.replace(history)
            self._loop.archive.add(lambda store: store.replace(workload, history))

    def checks(self) -> dict[str, str]:
        if not self.has_started():
            return {"loop": "the first tick is under way"}
        return {d.name: d.problem for d in self._loop.dependencies if d.problem}

    def is_alive(self) -> bool:
        last = self._loop.ticked_at or self._began
        allowed = max(HUNG_AFTER_S, HUNG_AFTER_TICKS * self._loop.timing.tick_s)
        return time.monotonic() - last < allowed

    def has_started(self) -> bool:
        return self._loop.ticked_at is not None

    def _book(self, workload: str) -> Book:
        book = self._loop.books.get(workload)
        if book is None:
            raise UnknownWorkloadError(workload, sorted(self._loop.books))
        return book

    def _workload(self, book: Book) -> dict[str, Any]:
        policy, decision, scale = book.workload.policy, book.decision, book.scale
        ready = scale.ready if scale else (decision.from_replicas if decision else 0)
        desired = scale.desired if scale else ready
        if decision and book.acted:
            desired = decision.to_replicas
        return {
            "name": book.workload.name,
            "mode": self._loop.mode,
            "replicas": {
                "desired": desired,
                "ready": ready,
                "minimum": policy.minimum,
                "maximum": policy.maximum,
            },
            "load": decision.load if decision else None,
            "load_unit": policy.load_unit,
            "capacity": policy.capacity,
            "forecast": self._forecast(book),
            "decision": self._decision(book),
        }

    def _forecast(self, book: Book) -> dict[str, Any]:
        shown = book.shown
        if isinstance(shown, Absence):
            return {
                "status": "none",
                "reason": shown.sentence,
                "at": None,
                "value": None,
                "upper": None,
                "quantile": book.workload.policy.quantile,
                "skill": None,
            }
        return {
            "status": "ready",
            "reason": f"skill {shown.skill:.2f} against persistence",
            "at": book.load.time_s(shown.step + shown.leads[-1]),
            "value": shown.median,
            "upper": shown.upper,
            "quantile": book.workload.policy.quantile,
            "skill": shown.skill,
        }

    def _decision(self, book: Book) -> dict[str, Any] | None:
        if book.decision is None:
            return None
        row = DecisionRow(decision=book.decision, mode=self._loop.mode, acted=book.acted)
        return row.shown()


def _points(series: Series, oldest_s: float) -> list[tuple[float, float]]:
    recent = series.since(int(oldest_s / series.step_s))
    known = np.flatnonzero(np.isfinite(recent.values))
    return [(recent.time_s(recent.first + int(i)), float(recent.values[i])) for i in known]
