"""The control loop: once a tick, for each workload, look, forecast, decide, act, write down.

It decides from memory. Whatever is away is asked again later, counted and said; the other
workloads and the next tick go on. One thread runs it; the ``Scaling`` half may be called from any.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event, RLock

import numpy as np
import structlog
from threadpoolctl import threadpool_limits

from scaler import contract
from scaler.archive import Archive
from scaler.book import MOST_DECISIONS, Book, duration
from scaler.controls import Controls
from scaler.core.decision import Decision, Floor, Observation, Policy, decide
from scaler.core.errors import NotEnoughHistoryError
from scaler.core.forecast import Absence, Forecast, Why, advanced, leads_for, started
from scaler.core.series import step_at
from scaler.fitting import Fitting
from scaler.health import Dependency
from scaler.metrics import Metrics
from scaler.news import Situation, news
from scaler.ports import (
    Announcer,
    Clock,
    DecisionRow,
    HistoryStore,
    Hold,
    LoadRow,
    LoadSource,
    ReplicaSink,
    Targets,
    Unavailable,
    Workload,
    Writership,
)
from scaler.solo import Alone, NoTargets, Quiet

__all__ = ["Loop", "Timing"]

log = structlog.get_logger()
# After a long absence so many steps are walked at most; older outcomes are not worth the time.
MOST_STEPS_AT_ONCE = 240
# A young model is replaced once the history has grown by half; this bounds how often.
LEAST_STEPS_BETWEEN_FITS = 10
PRUNE_EVERY_STEPS = 60


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Durations of the loop; seconds, and steps where it says so."""

    tick_s: float
    step_ms: int
    horizon_s: float
    min_history_s: float
    refit_s: float
    keep_steps: int
    seasons: tuple[int, ...]

    @property
    def step_s(self) -> float:
        return self.step_ms / 1000

    @property
    def leads(self) -> tuple[int, ...]:
        return leads_for(horizon_s=self.horizon_s, step_s=self.step_s)

    @property
    def keep_outcomes(self) -> int:
        """A day of outcomes judges a forecaster."""
        return max(MOST_STEPS_AT_ONCE, self.seasons[0])


class Loop:
    """Owns the books of all workloads."""

    def __init__(
        self,
        workloads: Sequence[Workload],
        *,
        mode: str,
        timing: Timing,
        source: LoadSource,
        sink: ReplicaSink,
        archive: Archive,
        prometheus: Dependency,
        agent: Dependency,
        metrics: Metrics,
        clock: Clock,
        targets: Targets | None = None,
        writer: Writership | None = None,
        announcer: Announcer | None = None,
    ) -> None:
        self.lock = RLock()
        self.controls = Controls(clock=clock)
        self.timing = timing
        self.archive = archive
        self.dependencies = (prometheus, archive.dependency, agent)
        self.ticked_at: float | None = None
        self.books = {
            workload.name: Book.empty(workload, step_ms=timing.step_ms, keep=timing.keep_steps)
            for workload in workloads
        }
        self._mode = mode
        self._reads_controls = False
        for workload in workloads:
            self._configure(workload)
        self._named = frozenset(self.books)
        self._source, self._sink = source, sink
        self._targets, self._writer = targets or NoTargets(), writer or Alone()
        self._announcer = announcer or Quiet()
        self._prometheus, self._agent = prometheus, agent
        self._metrics, self._clock = metrics, clock
        self._fitting = Fitting(leads=timing.leads, seasons=timing.seasons)
        self._to_restore = set(self.books)
        self._started_step = self._step(clock.now())

    def run(self, stop: Event) -> None:
        """Restore what was kept, then tick until told to stop."""
        self.restore()
        due = time.monotonic()
        with threadpool_limits(limits=1):
            while not stop.is_set():
                self.tick()
                due = max(due + self.timing.tick_s, time.monotonic())
                stop.wait(due - time.monotonic())
        self.let_go()
        self._fitting.close()
        self.archive.close(timeout_s=3.0)

    def restore(self) -> None:
        """Read the kept history; what cannot be read now is read once the store answers."""
        with suppress(Unavailable):
            self.archive.dependency.ask(lambda: self._take_over(self.archive.store))
        for name in sorted(self._to_restore):
            try:
                self.archive.dependency.ask(lambda name=name: self._read(name))  # type: ignore[misc]
            except Unavailable:
                self.archive.add(lambda _, name=name: self._read(name))  # type: ignore[misc]

    def tick(self) -> None:
        """One control period of all workloads; raises nothing."""
        now = self._clock.now()
        self._find()
        for book in tuple(self.books.values()):
            try:
                self._tick(book, now)
            except Exception:
                self._metrics.failed("internal")
                log.exception("tick failed", workload=book.workload.name)
        self._read_controls()
        self.archive.kick()
        self.ticked_at = time.monotonic()

    def _tick(self, book: Book, now: datetime) -> None:
        load, no_load_because = self._load(book)
        ready, current = self._replicas(book)
        rows = self._look(book, now, ready)
        mode = self.mode_of(book)
        self._metrics.mode(book.workload.name, mode)
        if mode == "off":
            book.shown = Absence(why=Why.OFF, sentence="the scaler is switched off")
            self._metrics.said(book.workload.name, book.shown)
            self._metrics.off(book.workload.name)
            self._hold(book, None)
            self.archive.add_rows(rows, ())
            return
        self._learn(book)
        with self.lock:
            rows += self._walk(book)
        said = book.said
        frozen = self.controls.frozen(book.workload.name, now)
        if load is None:
            said = Absence(why=Why.NO_METRICS, sentence=no_load_because)
        elif frozen is not None:
            said = Absence(why=Why.FROZEN, sentence="the forecast is set aside while frozen")
        memory = book.memory if frozen is None else replace(book.memory, floor=None)
        observation = Observation(
            load=load,
            ready=ready,
            current=current,
            no_load_because=no_load_because,
            frozen=frozen,
        )
        decision, memory = decide(
            observation,
            said,
            self._bounds(book),
            memory=memory,
            now=now,
            said_at=self._said_at(said),
        )
        writes = self._writer.holds()
        hold = None
        if mode == "enforce":
            hold = self._wished(book, decision, memory.floor, now, is_frozen=frozen is not None)
        acted = self._act(book, decision, hold, mode=mode)
        self._metrics.said(book.workload.name, said)
        self._metrics.decided(decision, acted=acted, counts=writes)
        with self.lock:
            book.memory, book.shown = memory, said
            rows += book.decided(self._step(now), decision)
        self._tell(book, decision, said, hold)
        kept = self._worth_keeping(book, DecisionRow(decision=decision, mode=mode, acted=acted))
        self.archive.add_rows(rows, kept if writes else ())

    def mode_of(self, book: Book) -> str:
        """What may be done for a workload."""
        return self.controls.mode(book.workload.name)

    def would_decide(self, book: Book, observation: Observation, *, now: datetime) -> Decision:
        """The decision that an observation would lead to now; changes nothing."""
        with self.lock:
            decision, _ = decide(
                observation,
                book.shown,
                self._bounds(book),
                memory=book.memory,
                now=now,
                said_at=self._said_at(book.shown),
            )
        return decision

    def _configure(self, workload: Workload) -> None:
        """Begin with the least of the scaler's mode and the workload's own."""
        mode = min(self._mode, workload.mode, key=contract.MODES.index)
        change = self.controls.configure(workload.name, mode)
        if change is not None:
            self.archive.add(lambda store: store.keep(change))

    def _read_controls(self) -> None:
        """Take over what was changed at another process, or before the last stop."""
        if not self._reads_controls:
            self._reads_controls = True
            self.archive.add(self._take_over)

    def _take_over(self, store: HistoryStore) -> None:
        for control in self.controls.read(store.controls()):
            store.keep(control)
        self._reads_controls = False

    def _find(self) -> None:
        """Take up what asks to be scaled since the last tick, and let go of what no longer does."""
        try:
            found = self._agent.ask(self._targets.found)
        except Unavailable:
            return
        wanted = {workload.name: workload for workload in found}
        for name in [name for name in self.books if name not in wanted.keys() | self._named]:
            with self.lock:
                del self.books[name]
            self._to_restore.discard(name)
            self._metrics.forget(name)
            log.info("target gone", workload=name)
        for name, workload in wanted.items():
            self._configure(workload)
            book = self.books.get(name)
            if book is not None and book.workload.load_query == workload.load_query:
                book.workload = workload
                continue
            empty = Book.empty(workload, step_ms=self.timing.step_ms, keep=self.timing.keep_steps)
            with self.lock:
                self.books[name] = empty
            log.info("target found", workload=name, mode=workload.mode)
            if book is None:  # with another query, what is kept is the load of something else
                self._to_restore.add(name)
                self.restore()

    def _step(self, now: datetime) -> int:
        return step_at(now.timestamp(), step_ms=self.timing.step_ms)

    def _read(self, name: str) -> None:
        since = self._step(self._clock.now()) - self.timing.keep_steps
        stored = self.archive.store.read(
            name, step_ms=self.timing.step_ms, since=since, decisions=MOST_DECISIONS
        )
        book = self.books.get(name)
        with self.lock:
            self._to_restore.discard(name)
            if book is not None and book.generation == 0:
                book.restore(stored)
                book.next_fit = 0
        log.info("history restored", workload=name, steps=len(stored.rows))

    def _load(self, book: Book) -> tuple[float | None, str]:
        try:
            load = self._prometheus.ask(lambda: self._source.load(book.workload))
        except Unavailable:
            return None, self._prometheus.problem or "prometheus does not answer"
        return load, "the load query has no value"

    def _replicas(self, book: Book) -> tuple[int, int]:
        """Ready and asked-for replicas: of the sink, else of the metrics, else the last known."""
        last = book.scale.ready if book.scale else 0
        try:
            scale = self._agent.ask(lambda: self._sink.scale(book.workload.name))
        except Unavailable:
            scale = None
        self._metrics.scaled(book.workload.name, scale)
        if scale is not None:
            book.scale = scale
            return scale.ready, scale.desired
        ready = last
        if book.workload.ready_query:
            with suppress(Unavailable):
                ready = self._prometheus.ask(lambda: self._source.ready(book.workload))
        return ready, (book.scale.desired if book.scale else ready)

    def _look(self, book: Book, now: datetime, ready: int) -> list[LoadRow]:
        """Read the load of the steps that have begun since the last one that is known."""
        step = self._step(now)
        with self.lock:
            book.forget_after(step)
            known = book.load.last if len(book.load.values) else 0
            generation = book.generation
            is_restored = book.workload.name not in self._to_restore
        # What the store may know is left to it: it can hold a given history, Prometheus cannot.
        oldest = 0 if is_restored else self._started_step
        first = max(known + 1, oldest, step - self.timing.keep_steps + 1)
        if first > step:
            return []
        try:
            values = self._prometheus.ask(
                lambda: self._source.history(
                    book.workload, step_ms=self.timing.step_ms, first=first, last=step
                )
            )
        except Unavailable:
            return []
        if step % PRUNE_EVERY_STEPS == 0 or len(values) > PRUNE_EVERY_STEPS:
            self._prune(book, before=step - self.timing.keep_steps)
        with self.lock:
            if book.generation != generation:
                return []
            return book.saw(first, values, ready=ready)

    def _prune(self, book: Book, *, before: int) -> None:
        name, step_ms = book.workload.name, self.timing.step_ms
        self.archive.add(
            lambda store: store.prune(
                name, step_ms=step_ms, before=before, decisions=MOST_DECISIONS
            )
        )

    def _learn(self, book: Book) -> None:
        """Take up a fit that has ended; start one that is due."""
        name = book.workload.name
        try:
            fitted = self._fitting.result(name)
        except NotEnoughHistoryError as error:
            book.said = Absence(why=Why.SHORT_HISTORY, sentence=str(error))
            return
        except Exception:
            self._metrics.failed("fit")
            log.exception("fit failed", workload=name)
            return
        with self.lock:
            if fitted and fitted.generation == book.generation:
                level = book.workload.policy.quantile
                book.track = started(
                    fitted.model,
                    level=level,
                    keep=self.timing.keep_outcomes,
                    previous=book.track,
                )
                book.model = fitted.model
                self._metrics.fitted(name, fitted.seconds)
                log.info("fitted", workload=name, seconds=round(fitted.seconds, 2))
            self._fit_when_due(book)

    def _fit_when_due(self, book: Book) -> None:
        covered_s = book.load.known * self.timing.step_s
        if covered_s < self.timing.min_history_s:
            have, need = duration(covered_s), duration(self.timing.min_history_s)
            sentence = f"history covers {have} of the {need} needed"
            book.said = Absence(why=Why.SHORT_HISTORY, sentence=sentence)
            return
        name = book.workload.name
        if book.load.last < book.next_fit or self._fitting.is_under_way(name):
            return
        if book.model is None:
            book.said = Absence(why=Why.FITTING, sentence="learning from the history")
        grown = max(LEAST_STEPS_BETWEEN_FITS, book.load.known // 2)
        book.next_fit = book.load.last + min(grown, round(self.timing.refit_s / self.timing.step_s))
        self._fitting.start(name, book.load, generation=book.generation)

    def _walk(self, book: Book) -> list[LoadRow]:
        """Let the forecaster speak at each new step."""
        if book.track is None or book.model is None or book.track.step >= book.load.last:
            return []
        low = max(book.track.step + 1, book.load.last - MOST_STEPS_AT_ONCE + 1, book.load.first)
        steps = np.arange(low, book.load.last + 1)
        moves = book.model.predict(book.load, steps)
        rows = []
        for step, move in zip(steps, moves, strict=True):
            book.track, book.said = advanced(book.track, book.load, step=int(step), move=move)
            if isinstance(book.said, Forecast):
                rows.append(book.foresaw(book.said))
        return rows

    def _bounds(self, book: Book) -> Policy:
        """The policy within the bounds of whoever runs the replicas as well."""
        policy, scale = book.workload.policy, book.scale
        return policy if scale is None else policy.within(scale.minimum, scale.maximum)

    def _said_at(self, said: Forecast | Absence) -> datetime | None:
        if isinstance(said, Absence):
            return None
        return datetime.fromtimestamp(said.step * self.timing.step_s, UTC)

    def _wished(
        self,
        book: Book,
        decision: Decision,
        floor: Floor | None,
        now: datetime,
        *,
        is_frozen: bool,
    ) -> Hold | None:
        """The least that others who scale the workload shall keep, where there is such a wish."""
        replicas, until = decision.floor or 0, now
        if floor is not None:
            until = floor.made_at + timedelta(seconds=book.workload.policy.floor_ttl_s)
        is_mixed = book.scale is not None and book.scale.rollout is not None
        if (is_frozen or is_mixed) and decision.from_replicas > replicas:
            # While old and new replicas are mixed, no measurement says what fewer would do.
            replicas = decision.from_replicas
            until = now + timedelta(seconds=book.workload.policy.floor_ttl_s)
        return Hold(replicas=replicas, until=until) if replicas > 0 else None

    def _act(self, book: Book, decision: Decision, hold: Hold | None, *, mode: str) -> bool:
        acted = self._hold(book, hold)
        if mode == "enforce" and decision.changes and book.scale and self._writer.holds():
            try:
                asked = self._agent.ask(
                    lambda: self._sink.apply(decision.workload, decision.to_replicas)
                )
            except Unavailable:
                return acted
            acted = asked or acted
        if acted:
            log.info(
                "scaled",
                workload=decision.workload,
                from_replicas=decision.from_replicas,
                to_replicas=decision.to_replicas,
                held=hold.replicas if hold else None,
                reason=decision.reason,
            )
        return acted

    def _hold(self, book: Book, hold: Hold | None) -> bool:
        """Hold by whichever way there is: the sink's, or the exported metric alone."""
        name = book.workload.name
        left_s = (hold.until - self._clock.now()).total_seconds() if hold else 0.0
        self._metrics.held(name, hold.replicas if hold else 0, for_s=left_s)
        if book.scale is None or not self._writer.holds():
            return False
        try:
            return self._agent.ask(lambda: self._sink.hold(name, hold))
        except Unavailable:
            return False

    def let_go(self) -> None:
        """At a graceful end nothing stays held: nobody would lower it before it expires."""
        for book in tuple(self.books.values()):
            self._hold(book, None)

    def _tell(
        self, book: Book, decision: Decision, said: Forecast | Absence, hold: Hold | None
    ) -> None:
        """Say what has changed for the workload, by the one that acts for it."""
        situation = Situation.of(decision, said, scale=book.scale, hold=hold)
        if self._writer.holds():
            for item in news(book.situation, situation):
                self._announcer.announce(
                    book.workload.name, item.reason, item.note, is_warning=item.is_warning
                )
        book.situation = situation

    def _worth_keeping(self, book: Book, row: DecisionRow) -> tuple[DecisionRow, ...]:
        """A decision that is acted on, or that differs from the last one that was kept."""
        with self.lock:
            last = book.decision
            book.decision, book.acted = row.decision, row.acted
            if not row.acted and last is not None and _kind(last) == _kind(row.decision):
                return ()
            book.decisions.append(row)
        return (row,)


def _kind(decision: Decision) -> tuple[object, ...]:
    """What makes two decisions the same news."""
    return (
        decision.from_replicas,
        decision.to_replicas,
        decision.load is None,
        decision.floor is None,
    )
