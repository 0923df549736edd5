"""The control loop: once a tick, for all workloads, look, forecast, decide, act, write down, judge.

It decides from memory. Whatever is away is asked again later, counted and said; the other
workloads and the next tick go on. One thread runs it; what it shows may be read from any, under its
lock.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Event, RLock

import structlog
from threadpoolctl import threadpool_limits

from scaler.acting import Actor, hold_for
from scaler.archive import Archive
from scaler.book import Book
from scaler.capacities import Capacities
from scaler.conditions import Conditions, Kind
from scaler.controls import Controls
from scaler.core.decision import Decision, Observation, Policy, decide
from scaler.core.forecast import Absence, Why
from scaler.detecting import detect, hold_in
from scaler.factors import Factors
from scaler.filling import Filling
from scaler.health import Dependency
from scaler.learning import Learner, Schooling
from scaler.metrics import Metrics
from scaler.noticing import conditions_of
from scaler.observing import Observer, Seen
from scaler.ports import Announcer, Clock, LoadSource, ModelKeeper, ReplicaSink, Targets, Writership
from scaler.records import DecisionRow, LoadRow, Workload
from scaler.restart import Restart
from scaler.roster import Roster
from scaler.solo import Alone, Quiet
from scaler.timing import Timing
from scaler.walking import Walker, aim

__all__ = ["Loop"]

log = structlog.get_logger()


class Loop:
    """Joins the parts; owns nothing but their order.

    Attributes:
        lock: whoever reads or changes a book holds it.
        factors: what moves the loads from outside.
        walker: lets the forecasters speak.
        learner: gives each workload its forecaster.
        conditions: what is not as usual, by workload.
        writer: who of several processes acts.
        ticked_at: monotonic time of the last tick's end; ``None`` before the first.
    """

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
        models: tuple[ModelKeeper, Dependency] | None = None,
        filling: Filling | None = None,
    ) -> None:
        self.lock = RLock()
        self.timing = timing
        self.archive = archive
        self.controls = Controls(clock=clock)
        kept = (models[1],) if models else ()
        self.dependencies = (prometheus, archive.dependency, agent, *kept)
        self.ticked_at: float | None = None
        self.conditions = Conditions(metrics)
        self.factors = Factors(timing=timing, clock=clock)
        self.walker = Walker(metrics, timing=timing, factors=self.factors)
        self.writer = writer or Alone()
        self.learner = Learner(
            Schooling(plan=timing.plan, min_history_s=timing.min_history_s, rules=timing.fits),
            models=models,
            writer=self.writer,
            factors=self.factors,
            metrics=metrics,
            clock=clock,
            lock=self.lock,
        )
        self._roster = Roster(
            workloads,
            mode=mode,
            timing=timing,
            controls=self.controls,
            archive=archive,
            targets=targets,
            agent=agent,
        )
        self.capacities = Capacities(workloads)
        self._filling = filling or Filling(source, metrics)
        self._observer = Observer(
            timing=timing,
            source=source,
            sink=sink,
            archive=archive,
            prometheus=prometheus,
            agent=agent,
            capacities=self.capacities,
            filling=self._filling,
            metrics=metrics,
            lock=self.lock,
            started_step=timing.step(clock.now()),
        )
        self._actor = Actor(
            sink=sink,
            agent=agent,
            writer=self.writer,
            announcer=announcer or Quiet(),
            metrics=metrics,
            clock=clock,
        )
        self._restart = Restart(
            timing=timing,
            roster=self._roster,
            controls=self.controls,
            factors=self.factors,
            capacities=self.capacities,
            archive=archive,
            clock=clock,
            lock=self.lock,
        )
        self._agent, self._metrics, self._clock = agent, metrics, clock
        self._may_act = self._actor.may_act

    @property
    def books(self) -> dict[str, Book]:
        return self._roster.books

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
        self.learner.close()
        self._filling.close()
        if self._actor.may_act:
            self._restart.keep(self.books.values(), is_end=True)
        self.archive.close(timeout_s=3.0)

    def restore(self) -> None:
        """Read what is kept; what cannot be read now is read once the store answers."""
        self._guarded(None, lambda: self._restart.read_controls(waits=True))
        self._guarded(None, self._restart.read_workloads)

    def tick(self) -> None:
        """One control period of all workloads; raises nothing."""
        began = time.monotonic()
        now = self._clock.now()
        self._observer.begin()
        self._take_turn()
        self._guarded(None, self._find)
        books = self._observer.in_turn(list(self.books.values()))
        seen: dict[str, Seen] = {}
        for book in books:
            self._guarded(book, lambda book=book: self._observe(book, now, seen))  # type: ignore[misc]
        awake = [b for b in books if b.workload.name in seen and self.mode_of(b) != "off"]
        for book in awake:
            self._guarded(book, lambda book=book: self._attend(book))  # type: ignore[misc]
        forecasts: dict[str, list[LoadRow]] = {}
        self._guarded(None, lambda: forecasts.update(self._walk(awake)))
        for book in books:
            if book.workload.name in seen:
                rows = [*seen[book.workload.name].rows, *forecasts.get(book.workload.name, ())]
                self._guarded(book, lambda b=book, r=rows: self._conclude(b, seen, r, now))  # type: ignore[misc]
        if self._actor.may_act:
            self._guarded(None, lambda: self._restart.keep(awake))
            if self._agent.problem is None:  # else what is not found may be there all the same
                self._guarded(None, lambda: self._restart.forget_gone(self.books))
        self._restart.read_controls()
        self.archive.kick()
        self._metrics.ticked(time.monotonic() - began, fits_waiting=self.learner.waiting)
        self.ticked_at = time.monotonic()

    def mode_of(self, book: Book) -> str:
        """What may be done for a workload."""
        return self.controls.mode(book.workload.name)

    def would_decide(self, book: Book, observation: Observation, *, now: datetime) -> Decision:
        """The decision that an observation would lead to now; changes nothing."""
        with self.lock:
            decision, _ = decide(
                observation,
                book.shown,
                self.policy_of(book),
                memory=book.memory,
                now=now,
                said_at=self.timing.said_at(book.shown),
            )
        return decision

    def policy_of(self, book: Book) -> Policy:
        """The policy by what was learnt, within the bounds of whoever runs the replicas as well."""
        policy, scale = book.workload.policy, book.scale
        # With a learnt capacity above the given one the reactive path would be below what a plain
        # autoscaler with the given one asks for.
        learnt = self.capacities.capacity(book.workload.name).value
        capacity = min(policy.capacity, learnt)
        level = book.ledger.learning.level
        policy = replace(
            policy,
            capacity=capacity,
            quantile=level,
            startup_s=self.lead_s(book),
            horizon_s=self.horizon_s(book),
        )
        return policy if scale is None else policy.within(scale.minimum, scale.maximum)

    def lead_s(self, book: Book) -> float:
        """What a replica needs to become ready: as measured, else as configured."""
        measured = book.time_to_ready_s
        return self.timing.startup_s if measured is None else measured

    def horizon_s(self, book: Book) -> float:
        """How far the forecast looks: as far as the measured time to ready asks for, else as
        configured."""
        measured = book.measured_horizon
        return self.timing.horizon_s if measured is None else measured * self.timing.step_s

    def let_go(self) -> None:
        """At a graceful end nothing stays held: nobody would lower it before it expires."""
        for book in self.books.values():
            self._actor.hold(book, None)

    def _guarded(self, book: Book | None, step: Callable[[], None]) -> None:
        """A mistake of ours in one workload, or in what is done for all, stops nothing else."""
        try:
            step()
        except Exception:
            self._metrics.failed("internal")
            log.exception("tick failed", workload=book.workload.name if book else None)

    def _find(self) -> None:
        """Take up which workloads are scaled now, and what is kept of those that are new."""
        found = self._roster.find()  # not under the lock: who looks at a book need not wait for it
        self._metrics.left_alone(len(self._roster.problems))
        with self.lock:
            is_new = found is not None and self._roster.follow(found, on_gone=self._forget)
            self.capacities.follow(book.workload for book in self.books.values())
        if is_new:
            self._restart.read_workloads()

    def _take_turn(self) -> None:
        """As the one that acts from now on, go by what the one before has kept."""
        may_act = self._actor.may_act
        if may_act and not self._may_act:
            self.learner.ask_again()
        self._may_act = may_act

    def _walk(self, books: Sequence[Book]) -> dict[str, list[LoadRow]]:
        with self.lock:
            return self.walker.walk(books)

    def _observe(self, book: Book, now: datetime, seen: dict[str, Seen]) -> None:
        is_restored = book.workload.name not in self._roster.to_restore
        seen[book.workload.name] = self._observer.observe(book, now, is_restored=is_restored)

    def _attend(self, book: Book) -> None:
        """Look for anomalies in what is new, and after the forecaster."""
        with self.lock:
            detect(book, self._metrics)
            aim(book, self.timing)  # what is fitted for is what was seen in this tick
        self.learner.attend(book)

    def _conclude(
        self, book: Book, all_seen: dict[str, Seen], rows: list[LoadRow], now: datetime
    ) -> None:
        """Decide for one workload, act, write down."""
        name, seen, mode = book.workload.name, all_seen[book.workload.name], self.mode_of(book)
        self._metrics.mode(name, mode)
        if mode == "off":
            book.shown = Absence(why=Why.OFF, sentence="the scaler is switched off")
            self._metrics.said(name, book.shown)
            self._metrics.off(name)
            self._actor.hold(book, None)
            self.conditions.tell(name, {}, now=now)
            self.archive.add_rows(rows, ())
            return
        said = book.said
        frozen = self.controls.frozen(name, now)
        if seen.load is None:
            said = Absence(why=Why.NO_METRICS, sentence=seen.no_load_because)
        elif frozen is not None:
            said = Absence(why=Why.FROZEN, sentence=frozen)
        policy = self.policy_of(book)
        decision, memory = decide(
            Observation(
                load=seen.load,
                ready=seen.ready,
                current=seen.current,
                no_load_because=seen.no_load_because,
                rollout=book.scale.rollout if book.scale else None,
                frozen=frozen,
                hold_in=hold_in(book, self.timing.step(now)),
            ),
            said,
            policy,
            memory=book.memory if frozen is None else replace(book.memory, floor=None),
            now=now,
            said_at=self.timing.said_at(said),
        )
        hold = None
        if mode == "enforce":
            hold = hold_for(decision, memory.floor, ttl_s=policy.floor_ttl_s)
        acted = self._actor.act(book, decision, hold, mode=mode)
        counts = self._actor.may_act
        self._metrics.said(name, said)
        self._metrics.decided(decision, acted=acted, counts=counts)
        self._metrics.sized(policy)
        with self.lock:
            book.memory, book.shown = memory, said
            rows += book.decided(self.timing.step(now), decision)
            self._judge(book, decision, policy, now, counts=counts)
            found = conditions_of(
                book,
                seen,
                decision,
                said,
                before={condition.kind for condition in self.conditions.of(name)},
                frozen=frozen,
            )
            lacking = self.factors.problem(book.workload)
            if lacking is not None:
                found[Kind.FACTOR_MISSING] = f"the forecast does without: {lacking}"
            if mode == "enforce" and not counts:
                found[Kind.NOT_THE_WRITER] = self._actor.may_not_because
            kept = book.worth_keeping(DecisionRow(decision=decision, mode=mode, acted=acted))
        self.conditions.tell(name, found, now=now)
        self._actor.tell(book, decision, said, hold)
        self.archive.add_rows(rows, kept if counts else ())

    def _judge(
        self, book: Book, decision: Decision, policy: Policy, now: datetime, *, counts: bool
    ) -> None:
        """Remember the decision, and judge those whose horizon has passed."""
        book.ledger.took(decision, policy, step_ms=self.timing.step_ms)
        level = book.ledger.learning.level
        for judgement in book.ledger.judge(
            now,
            load=book.load,
            ready=book.replicas,
            policy=policy,
            lead_s=self.lead_s(book),
            strain=book.strain,
        ):
            if counts:
                self._metrics.judged(book.workload.name, judgement)
            row = book.judged(judgement)
            if row is not None and counts:
                self.archive.add(lambda store, row=row: store.judged(row))  # type: ignore[misc]
        learning = book.ledger.learning
        if learning.level != level:
            log.info("floor's quantile", workload=book.workload.name, because=learning.why)

    def _forget(self, name: str) -> None:
        """A workload that is scaled here no longer, or by another load."""
        self.capacities.forget(name)
        self.learner.forget(name)
        self._filling.forget(name)
        self._restart.forget(name)
        self.conditions.forget(name)
        self._metrics.forget(name)
