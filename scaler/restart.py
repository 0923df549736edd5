"""What a restart must not forget: read at the start, written while the loop runs.

Rows of load and decisions are written as they come; what the next decision depends on is written
once a step, the learnt capacity once in 60. A process that dies loses at most that, and the
reactive path holds what it finds.
"""

import time
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import RLock
from typing import Any
from zlib import crc32

import structlog

from scaler.archive import Archive
from scaler.book import MOST_DECISIONS, Book
from scaler.capacities import Capacities
from scaler.controls import Controls
from scaler.factors import Factors
from scaler.ports import Clock, HistoryStore
from scaler.records import StateRow, Stored, Unavailable
from scaler.roster import Roster, begun_anew
from scaler.timing import Timing

__all__ = ["Restart"]

log = structlog.get_logger()
# The state of a capacity is large and changes slowly.
STEPS_BETWEEN_CAPACITIES = 60
STEPS_BETWEEN_FORGETTING = 60


class Restart:
    """Reads and writes for the loop; what has to wait does so in the archive's thread."""

    def __init__(
        self,
        *,
        timing: Timing,
        roster: Roster,
        controls: Controls,
        factors: Factors,
        capacities: Capacities,
        archive: Archive,
        clock: Clock,
        lock: RLock,
    ) -> None:
        self._timing, self._roster, self._controls = timing, roster, controls
        self._factors, self._capacities, self._archive = factors, capacities, archive
        self._clock, self._lock = clock, lock
        self._kept_at: dict[str, int] = {}
        self._forgot_at: int | None = None

    def read_workloads(self) -> None:
        """Read what is kept of workloads that it was not read of yet, their states first.

        A first decision is to know the last ones, so this waits for a store that answered last. The
        rest of many histories is read beside the ticks: the reactive path needs none; and so is
        what cannot be read now, once the store answers.
        """
        dependency, store = self._archive.dependency, self._archive.store
        names = deque(sorted(self._roster.to_restore))
        if dependency.problem is None:
            until = time.monotonic() + self._timing.tick_s
            with suppress(Unavailable):
                states = dependency.ask(lambda: store.states(step_ms=self._timing.step_ms))
                self._remember(states)
                while names and time.monotonic() < until:
                    dependency.ask(partial(self._read, names[0]))
                    names.popleft()
        for name in names:
            self._archive.add(lambda _, name=name: self._read(name), key=("history", name))  # type: ignore[misc]

    def read_controls(self, *, waits: bool = False) -> None:
        """Take over what was changed or registered at another process, or before the last stop.

        Args:
            waits: for the store, if it answers; else it is done beside the ticks.
        """
        if waits:
            with suppress(Unavailable):
                self._archive.dependency.ask(lambda: self._take_over(self._archive.store))
                return
        self._archive.add(self._take_over, key="controls")

    def keep(self, books: Iterable[Book], *, is_end: bool = False) -> None:
        """Write the state of books that have come to another step, or of all at the end."""
        rows = []
        with self._lock:
            for book in books:
                name, step = book.workload.name, book.load.last
                if not is_end and self._kept_at.get(name) == step:
                    continue
                self._kept_at[name] = step
                rows.append(self._row(book, step, is_whole=is_end))
        if rows:
            self._archive.add(lambda store: store.keep_states(rows))

    def forget_gone(self, present: Iterable[str]) -> None:
        """Let the store forget workloads that are gone for longer than any history is kept.

        Now and then, and by the clock as it was the last time: one that is ahead for a moment must
        make nothing too old.
        """
        step, last = self._timing.step(self._clock.now()), self._forgot_at
        if last is not None and 0 <= step - last < STEPS_BETWEEN_FORGETTING:
            return
        self._forgot_at = step
        if last is not None and last < step:
            names, before = tuple(present), last - self._timing.keep_steps
            step_ms = self._timing.step_ms
            self._archive.add(lambda s: s.forget_gone(names, step_ms=step_ms, before=before))

    def forget(self, name: str) -> None:
        self._kept_at.pop(name, None)

    def _row(self, book: Book, step: int, *, is_whole: bool) -> StateRow:
        name, state = book.workload.name, book.state()
        if is_whole or (step + crc32(name.encode())) % STEPS_BETWEEN_CAPACITIES == 0:
            state |= {"capacity": self._capacities.state(name)}
        return StateRow(workload=name, step_ms=self._timing.step_ms, state=state)

    def _remember(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up states, each once; what cannot be read of one begins anew."""
        with self._lock:
            for name in states.keys() & self._roster.to_remember:
                self._roster.to_remember.discard(name)
                state = _plain(states[name])
                if self._roster.books[name].is_of(state):
                    self._roster.books[name].remember(state)
                    self._capacities.restore({name: state.get("capacity") or {}})

    def _take_over(self, store: HistoryStore) -> None:
        for control in self._controls.read(store.controls()):
            self._archive.add_control(control)
        self._factors.read(store)

    def _read(self, name: str) -> None:
        step = self._timing.step(self._clock.now())
        since, until = step - self._timing.keep_steps, step + self._timing.leads[-1]
        try:
            stored = self._archive.store.read(
                name, step_ms=self._timing.step_ms, since=since, decisions=MOST_DECISIONS
            )
        except Unavailable:
            raise
        except Exception:
            log.exception("a kept history cannot be read: it begins anew", workload=name)
            stored = Stored(rows=(), decisions=())
        book = self._roster.books.get(name)
        if book is not None and not book.is_of(_plain(stored.state)):
            log.warning("load query changed: learning anew", workload=name)
            last = max((row.step for row in stored.rows), default=0)
            begun_anew(book, last=last)(self._archive.store)
            stored = replace(stored, rows=(), state=None)
        # Rows of later were written by a clock that was wrong, and would push out all others.
        stored = replace(stored, rows=tuple(row for row in stored.rows if row.step <= until))
        with self._lock:
            self._roster.to_restore.discard(name)
            if book is not None and book.generation == 0:
                book.restore(stored)
        if stored.state is not None:
            self._remember({name: stored.state})
        log.info("history restored", workload=name, steps=len(stored.rows))


def _plain(state: Any) -> Mapping[str, Any]:
    """A kept state; nothing where it is none."""
    return state if isinstance(state, Mapping) else {}
