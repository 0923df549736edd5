"""What the world says of a workload now: its load, its replicas, how well they serve.

Whatever is away leaves a gap that is said; nothing here is a guess.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import RLock
from weakref import WeakSet

import numpy as np

from scaler.archive import Archive, Write
from scaler.book import MOST_DECISIONS, Book
from scaler.capacities import Capacities, sample
from scaler.conditions import Kind
from scaler.core.series import Series
from scaler.filling import Filling
from scaler.health import Dependency
from scaler.metrics import Metrics
from scaler.ports import LoadSource, ReplicaSink
from scaler.records import LoadRow, Signals, Unasked, Unavailable, Unusable, Workload
from scaler.timing import Timing

__all__ = ["Observer", "Seen"]

PRUNE_EVERY_STEPS = 60
# Older ones are read beside the ticks.
MOST_STEPS_IN_A_TICK = 60


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one tick saw of a workload.

    Attributes:
        load: finite, >= 0; ``None`` without metrics, and then ``no_load_because`` says why.
        ready, current: replicas that take load, and that are asked for.
        no_scale_because: why whoever runs the replicas did not answer for them; empty if it did.
        rows: what is to be written down.
    """

    load: float | None
    no_load_because: str
    ready: int
    current: int
    no_scale_because: str
    rows: list[LoadRow]


class Observer:
    """Reads for the loop, in its thread."""

    def __init__(
        self,
        *,
        timing: Timing,
        source: LoadSource,
        sink: ReplicaSink,
        archive: Archive,
        prometheus: Dependency,
        agent: Dependency,
        capacities: Capacities,
        filling: Filling,
        metrics: Metrics,
        lock: RLock,
        started_step: int,
    ) -> None:
        """``started_step``: what was before it and may be kept is left to the store at first."""
        self._timing, self._source, self._sink = timing, source, sink
        self._archive, self._metrics, self._lock = archive, metrics, lock
        self._prometheus, self._agent = prometheus, agent
        self._capacities, self._filling = capacities, filling
        self._started_step = started_step
        self._restored: WeakSet[Book] = WeakSet()
        self._left_out: str | None = None

    def begin(self) -> None:
        """A tick begins."""
        self._source.begin()

    def in_turn(self, books: Sequence[Book]) -> Sequence[Book]:
        """From the first one on whose load was not asked for in the tick before.

        Else the last of many would never have theirs where there is no time for all.
        """
        names = [book.workload.name for book in books]
        start = names.index(self._left_out) if self._left_out in names else 0
        self._left_out = None
        return [*books[start:], *books[:start]]

    def observe(self, book: Book, now: datetime, *, is_restored: bool) -> Seen:
        """Look at one workload; the book gets the load of the steps that are new.

        Args:
            is_restored: whether the book has what the store knows; before, no older load is read,
                because the store can hold a given history and Prometheus cannot.
        """
        load, no_load_because = self._load(book)
        ready, current, no_scale_because = self._replicas(book)
        rows = self._look(book, now, ready, is_restored=is_restored)
        self._learn_capacity(book, now, load=load, ready=ready)
        return Seen(
            load=load,
            no_load_because=no_load_because,
            ready=ready,
            current=current,
            no_scale_because=no_scale_because,
            rows=rows,
        )

    def _load(self, book: Book) -> tuple[float | None, str]:
        try:
            load = self._prometheus.ask(lambda: self._source.load(book.workload))
        except Unusable as error:
            self._metrics.unusable(book.workload.name, error.reason)
            return None, error.detail
        except Unavailable as error:
            if isinstance(error, Unasked) and self._left_out is None:
                self._left_out = book.workload.name
            return None, self._prometheus.problem or error.detail
        return load, "the load query has no value"

    def _replicas(self, book: Book) -> tuple[int, int, str]:
        """Ready and asked-for replicas: of the sink, else of the metrics, else the last known.

        Beside them, why the sink did not say; empty where it did.
        """
        last, unknown_because = book.scale, ""
        try:
            scale = self._agent.ask(lambda: self._sink.scale(book.workload.name))
        except Unavailable as error:
            scale, unknown_because = None, self._agent.problem or error.detail
        self._metrics.scaled(book.workload.name, scale)
        if scale is not None:
            book.scale, book.ready, book.is_lost = scale, scale.ready, False
            return scale.ready, scale.desired, ""
        if not unknown_because and last is not None:
            # It was there and is not any more: there is nothing to act on, and no bound of its own.
            book.scale, book.is_lost = None, True
        if book.workload.ready_query:
            with suppress(Unavailable):
                book.ready = self._prometheus.ask(lambda: self._source.ready(book.workload))
        return book.ready, (last.desired if last else book.ready), unknown_because

    def _look(self, book: Book, now: datetime, ready: int, *, is_restored: bool) -> list[LoadRow]:
        """Read the load of the steps that have begun since the last one that is known."""
        timing, step = self._timing, self._timing.step(now)
        with self._lock:
            book.forget_after(step, ahead=timing.leads[-1])
            before = book.load
            known = before.last if len(before.values) else 0
            generation = book.generation
        oldest = 0 if is_restored else self._started_step
        first = max(known + 1, oldest, step - timing.keep_steps + 1)
        self._fill(book)
        if first > step:
            return []
        recent = max(first, step - MOST_STEPS_IN_A_TICK + 1)
        try:
            values = self._prometheus.ask(
                lambda: self._source.history(
                    book.workload, step_ms=timing.step_ms, first=recent, last=step
                )
            )
        except Unavailable:
            return []
        if step % PRUNE_EVERY_STEPS == 0 or len(values) > PRUNE_EVERY_STEPS:
            self._prune(book, known=before)
        with self._lock:
            if book.generation != generation:
                return []
            rows = book.saw(recent, values, ready=ready)
        if is_restored and self._is_scant(book):
            first = step - timing.keep_steps + 1
        if first < recent:
            self._filling.start(
                book.workload,
                step_ms=timing.step_ms,
                first=first,
                last=recent - 1,
                generation=generation,
            )
        self._fill(book)
        return rows

    def _is_scant(self, book: Book) -> bool:
        """Whether what was kept is too little to learn from; asked of each book once.

        Of two replicas that start together, one finds the first minutes that the other has kept.
        """
        if book in self._restored:
            return False
        self._restored.add(book)
        return book.load.known * self._timing.step_s < self._timing.min_history_s

    def _fill(self, book: Book) -> None:
        """Take in what was read of the load of before."""
        name = book.workload.name
        with self._lock:
            for part in self._filling.taken(name):
                if part.generation == book.generation:
                    self._archive.add(_writing(name, book.filled(part.first, part.values)))
        share = self._filling.progress(name)
        if share is None:
            book.notes.pop(Kind.FILLING, None)
        else:
            said = f"the history is being read from prometheus: {100 * share:.0f} %"
            book.notes[Kind.FILLING] = said

    def _learn_capacity(self, book: Book, now: datetime, *, load: float | None, ready: int) -> None:
        """What one replica sustains, and whether the objective is met, from the signals beside."""
        name = book.workload.name
        if not self._capacities.is_due(name, now):
            return
        try:
            signals = self._prometheus.ask(lambda: self._source.signals(book.workload))
        except Unavailable:
            return
        given = sample(now, load=load, ready=ready, signals=signals)
        is_missed = _is_missed(book.workload, signals)
        with self._lock:
            self._capacities.learn(name, given)
            book.released(signals.release)
            if is_missed is not None:
                book.strain = book.strain.at(self._timing.step(now), is_missed=is_missed)

    def _prune(self, book: Book, *, known: Series) -> None:
        """Let the store forget what is too old beside the newest load that was known already.

        By the clock alone, one that is wrong for a moment would make all of it too old.
        """
        finite = np.flatnonzero(np.isfinite(known.values))
        newest = known.first + int(finite[-1]) if len(finite) else 0
        before = newest - self._timing.keep_steps
        name, step_ms = book.workload.name, self._timing.step_ms
        self._archive.add(
            lambda store: store.prune(
                name, step_ms=step_ms, before=before, decisions=MOST_DECISIONS
            )
        )


def _writing(workload: str, load: Series) -> Write:
    """Writes a load down; its rows are made then, because those of many workloads fill memory."""
    return lambda store: store.write(_rows(workload, load), ())


def _rows(workload: str, load: Series) -> list[LoadRow]:
    """A row for each step whose load is known."""
    steps = np.flatnonzero(np.isfinite(load.values)).tolist()
    return [
        LoadRow(
            workload=workload,
            step_ms=load.step_ms,
            step=load.first + step,
            load=float(load.values[step]),
        )
        for step in steps
    ]


def _is_missed(workload: Workload, signals: Signals) -> bool | None:
    """Whether latency or queue wait are beyond their objective; ``None`` if neither is measured."""
    objective = workload.rules.objective if workload.rules else None
    if objective is None:
        return None
    pairs = (
        (signals.latency_s, objective.latency_s),
        (signals.queue_wait_s, objective.queue_wait_s),
    )
    missed = [found > limit for found, limit in pairs if found is not None and limit is not None]
    return any(missed) if missed else None
