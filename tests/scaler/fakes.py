"""Stand-ins for everything the loop speaks to, and a loop over them."""

# ruff: noqa: ARG002 - a stand-in has the arguments of its port

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from scaler.archive import MOST_WAITING, Archive
from scaler.core.decision import Policy
from scaler.core.series import Floats, Series
from scaler.filling import Filling
from scaler.health import Dependency
from scaler.loop import Loop
from scaler.metrics import Metrics
from scaler.ports import ModelKeeper
from scaler.records import (
    Control,
    DecisionRow,
    Hold,
    LoadRow,
    Registered,
    Replicas,
    Signals,
    StateRow,
    Stored,
    Unavailable,
    Workload,
)
from scaler.registering import Registrar
from scaler.steering import Steering
from scaler.timing import Timing
from scaler.view import View

START = datetime(2026, 11, 1, tzinfo=UTC)
NOW_STEP = int(START.timestamp()) // 60
DAY = 96
TIMING = Timing(
    tick_s=15.0,
    step_ms=60_000,
    horizon_s=300.0,
    startup_s=180.0,
    min_history_s=3_600.0,
    refit_s=7_200.0,
    keep_steps=2_000,
    seasons=(DAY, 7 * DAY),
)

WORKLOAD = Workload(
    policy=Policy(
        workload="worker",
        load_unit="slots",
        capacity=10.0,
        target=0.8,
        minimum=1,
        maximum=20,
        quantile=0.95,
        stabilization_s=300.0,
        floor_ttl_s=600.0,
        horizon_s=300.0,
    ),
    load_query="load",
    ready_query="ready",
)


def daily(step: float) -> float:
    return 50 + 40 * float(np.sin(2 * np.pi * step / DAY))


@dataclass
class FakeClock:
    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class FakeSource:
    """Prometheus that knows the load of every step by a function, from a step on."""

    clock: FakeClock
    load_at: Callable[[float], float] = daily
    since: int = 0
    away: bool = False
    ready_replicas: int = 3
    signalled: Signals = field(default_factory=Signals)
    ranges: list[tuple[int, int]] = field(default_factory=list)

    def begin(self) -> None:
        """There is no hurry."""

    def load(self, workload: Workload) -> float | None:
        self._answer()
        value = self.load_at(self.clock.at.timestamp() / 60)
        return value if np.isfinite(value) else None

    def ready(self, workload: Workload) -> int:
        self._answer()
        return self.ready_replicas

    def history(self, workload: Workload, *, step_ms: int, first: int, last: int) -> Floats:
        self._answer()
        self.ranges.append((first, last))
        values = [self.load_at(s) if s >= self.since else np.nan for s in range(first, last + 1)]
        return np.array(values)

    def signals(self, workload: Workload) -> Signals:
        self._answer()
        return self.signalled

    def _answer(self) -> None:
        if self.away:
            raise Unavailable("prometheus", "connection refused")


@dataclass
class FakeSink:
    desired: int = 3
    away: bool = False
    refuses: bool = False
    rollout: str | None = None
    time_to_ready_s: float | None = None
    asked: list[int] = field(default_factory=list)
    held: list[Hold | None] = field(default_factory=list)

    def scale(self, workload: str) -> Replicas | None:
        if self.away:
            raise Unavailable("sink", "no such socket")
        return Replicas(
            desired=self.desired,
            ready=self.desired,
            minimum=1,
            maximum=20,
            rollout=self.rollout,
            time_to_ready_s=self.time_to_ready_s,
        )

    def apply(self, workload: str, replicas: int) -> bool:
        if self.away or self.refuses:
            raise Unavailable("sink", "HTTP 409 another writer")
        self.asked.append(replicas)
        self.desired = replicas
        return True

    def hold(self, workload: str, hold: Hold | None) -> bool:
        if self.away or self.refuses:
            raise Unavailable("sink", "HTTP 409 another writer")
        is_new = bool(self.held) and self.held[-1] != hold
        self.held.append(hold)
        return is_new


@dataclass
class FakeWriter:
    is_writer: bool = True
    problem: str | None = None
    other: str | None = None

    def holds(self) -> bool:
        return self.is_writer

    def holder(self) -> str | None:
        return self.other


@dataclass
class FakeTargets:
    workloads: tuple[Workload, ...] = ()
    away: bool = False
    left_alone: tuple[str, ...] = ()

    def found(self) -> Sequence[Workload]:
        if self.away:
            raise Unavailable("sink", "connection refused")
        return self.workloads

    @property
    def problems(self) -> Sequence[str]:
        return self.left_alone


@dataclass
class FakeAnnouncer:
    said: list[tuple[str, str, bool]] = field(default_factory=list)

    def announce(self, workload: str, reason: str, note: str, *, is_warning: bool = False) -> None:
        self.said.append((workload, reason, is_warning))


@dataclass
class FakeStore:
    """A store in memory that can be away."""

    away: bool = False
    loads: dict[int, LoadRow] = field(default_factory=dict)
    kept: list[DecisionRow] = field(default_factory=list)
    kept_states: dict[str, dict[str, Any]] = field(default_factory=dict)
    control_rows: list[Control] = field(default_factory=list)
    checkpointed: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    factors: dict[tuple[str, str], Registered] = field(default_factory=dict)
    forgot: list[tuple[tuple[str, ...], int]] = field(default_factory=list)

    def read(self, workload: str, *, step_ms: int, since: int, decisions: int) -> Stored:
        self._answer()
        rows = tuple(self.loads[step] for step in sorted(self.loads) if step >= since)
        return Stored(
            rows=rows, decisions=tuple(self.kept[-decisions:]), state=self.kept_states.get(workload)
        )

    def write(self, rows: Sequence[LoadRow], decisions: Sequence[DecisionRow]) -> None:
        self._answer()
        self.loads |= {row.step: row for row in rows if row.load is not None}
        self.kept += decisions

    def judged(self, row: DecisionRow) -> None:
        self._answer()
        at = row.decision.at
        self.kept = [row if kept.decision.at == at else kept for kept in self.kept]

    def states(self, *, step_ms: int) -> dict[str, dict[str, Any]]:
        self._answer()
        return dict(self.kept_states)

    def keep_states(self, rows: Sequence[StateRow]) -> None:
        self._answer()
        for row in rows:
            # As a database keeps them: through JSON, part by part.
            state = json.loads(json.dumps(row.state, allow_nan=False))
            self.kept_states[row.workload] = self.kept_states.get(row.workload, {}) | state

    def replace(self, workload: str, series: Series) -> None:
        self._answer()
        self.loads = {step: row for step, row in self.loads.items() if step > series.last}
        for step, value in enumerate(series.values, start=series.first):
            self.loads[step] = LoadRow(
                workload=workload, step_ms=series.step_ms, step=step, load=float(value)
            )

    def checkpoints(self, kind: str) -> Mapping[str, dict[str, Any]]:
        self._answer()
        return {name: state for (of, name), state in self.checkpointed.items() if of == kind}

    def keep_checkpoints(self, kind: str, states: Mapping[str, dict[str, Any]]) -> None:
        self._answer()
        self.checkpointed |= {(kind, name): state for name, state in states.items()}

    def forget_checkpoints(self, kind: str, names: Sequence[str]) -> None:
        self._answer()
        for name in names:
            self.checkpointed.pop((kind, name), None)

    def registered(self) -> Mapping[tuple[str, str], datetime]:
        self._answer()
        return {key: one.at for key, one in self.factors.items()}

    def registration(self, kind: str, name: str) -> Registered | None:
        self._answer()
        return self.factors.get((kind, name))

    def register(self, registered: Registered) -> None:
        self._answer()
        self.factors[registered.kind, registered.name] = registered

    def unregister(self, kind: str, name: str) -> None:
        self._answer()
        self.factors.pop((kind, name), None)

    def prune(self, workload: str, *, step_ms: int, before: int, decisions: int) -> None:
        self._answer()

    def forget_gone(self, present: Sequence[str], *, step_ms: int, before: int) -> None:
        self._answer()
        self.forgot.append((tuple(present), before))

    def controls(self) -> Sequence[Control]:
        self._answer()
        return list({row.workload: row for row in self.control_rows}.values())

    def changes(self, workload: str, *, limit: int) -> Sequence[Control]:
        self._answer()
        return [row for row in reversed(self.control_rows) if row.workload == workload][:limit]

    def keep(self, control: Control) -> None:
        self._answer()
        self.control_rows.append(control)

    def _answer(self) -> None:
        if self.away:
            raise Unavailable("database", "connection refused")


class AtOnce(Executor):
    """Runs what it is given before it goes on."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@dataclass
class Stage:
    """A loop and all that it stands on."""

    mode: str = "enforce"
    min_history_s: float = 3_600.0
    clock: FakeClock = field(default_factory=FakeClock)
    sink: Any = field(default_factory=FakeSink)
    store: FakeStore = field(default_factory=FakeStore)
    writer: FakeWriter = field(default_factory=FakeWriter)
    targets: Any = field(default_factory=FakeTargets)
    announcer: FakeAnnouncer = field(default_factory=FakeAnnouncer)
    models: ModelKeeper | None = None
    workloads: tuple[Workload, ...] = (WORKLOAD,)
    first_pause_s: float = 0.0
    most_waiting: int = MOST_WAITING

    def __post_init__(self) -> None:
        self.metrics = Metrics(may_hold=self.writer.holds)
        self.source = FakeSource(clock=self.clock)
        self.archive = Archive(
            self.store, self.dependency("database"), self.metrics, most_waiting=self.most_waiting
        )
        self.loop = Loop(
            self.workloads,
            mode=self.mode,
            timing=replace(TIMING, min_history_s=self.min_history_s),
            source=self.source,
            sink=self.sink,
            archive=self.archive,
            prometheus=self.dependency("prometheus"),
            agent=self.dependency("sink"),
            metrics=self.metrics,
            clock=self.clock,
            targets=self.targets,
            writer=self.writer,
            announcer=self.announcer,
            filling=Filling(self.source, self.metrics, executor=AtOnce()),
            models=(self.models, self.dependency("models")) if self.models else None,
        )
        self.loop.restore()
        self.view = View(self.loop, clock=self.clock)
        self.steering = Steering(self.loop, clock=self.clock)
        self.registrar = Registrar(self.loop, clock=self.clock)
        self.book = self.loop.books["worker"]

    def dependency(self, name: str) -> Dependency:
        """One that is asked again at once, unless what is tested is that it is left alone."""
        return Dependency(
            name,
            metrics=self.metrics,
            clock=self.clock,
            first_pause_s=self.first_pause_s,
            longest_pause_s=self.first_pause_s,
        )

    def tick(self, *, after_s: float = 15.0) -> dict[str, Any]:
        """What the workload looks like after one more tick."""
        self.clock.forward(after_s)
        self.loop.tick()
        return self.view.workloads()[0]

    def tick_until_forecast(self) -> dict[str, Any]:
        """Tick in real time, the clock standing still, until the fit that runs has ended."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            shown = self.tick(after_s=0)
            if shown["forecast"]["status"] == "ready" and self.book.model is not None:
                return shown
            time.sleep(0.02)
        raise AssertionError(f"no forecast after 90 s: {shown['forecast']}")

    def written(self) -> None:
        """Wait until nothing is left to write."""
        deadline = time.monotonic() + 10
        while self.archive.waiting or not self.archive._running or not self.archive._running.done():
            assert time.monotonic() < deadline
            self.archive.kick()
            time.sleep(0.01)

    def close(self) -> None:
        self.loop.learner.close()
        self.archive.close(timeout_s=1.0)
