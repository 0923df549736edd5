"""What holds at every tick, whatever fails: a loop that is watched, and forecasters that lie."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from scaler import contract
from scaler.book import Book
from scaler.conditions import Kind
from scaler.core.decision import Decision
from scaler.core.forecast import Forecast
from scaler.records import LoadRow, Replicas, Unavailable
from scaler.walking import learn_outcome
from tests.oracles.scaler_hpa import formula
from tests.scaler.fakes import FakeClock, FakeSink, Stage

LEVELS = (0.5, 0.8, 0.95, 0.995)
# What the floor may be saved up for: an hour of the excess, as a part of what was asked for.
HORIZON = 5
# What a floor may begin with before the path alone has earned anything.
SLACK_REPLICA_HOURS = 1.0


@dataclass
class Cluster(FakeSink):
    """A sink whose replicas take their time: ready three minutes after they were asked for."""

    clock: FakeClock = field(default_factory=FakeClock)
    startup_s: float = 180.0
    is_gone: bool = False
    starting: list[tuple[datetime, int]] = field(default_factory=list)

    @property
    def ready(self) -> int:
        waiting = sum(count for due, count in self.starting if due > self.clock.at)
        return max(0, self.desired - waiting)

    def scale(self, workload: str) -> Replicas | None:
        found = super().scale(workload)
        if self.is_gone:
            return None
        assert found is not None
        return Replicas(
            desired=self.desired,
            ready=self.ready,
            minimum=found.minimum,
            maximum=found.maximum,
            rollout=self.rollout,
        )

    def apply(self, workload: str, replicas: int) -> bool:
        if self.is_gone:
            raise Unavailable("sink", "HTTP 404 no such target")
        before = self.desired
        super().apply(workload, replicas)
        if replicas > before:
            due = self.clock.at + timedelta(seconds=self.startup_s)
            self.starting.append((due, replicas - before))
        else:
            self._take_away(before - replicas)
        return True

    def _take_away(self, count: int) -> None:
        """Those that still start go first, newest first."""
        while count and self.starting:
            due, waiting = self.starting.pop()
            if due > self.clock.at and waiting > count:
                self.starting.append((due, waiting - count))
            count = max(0, count - waiting) if due > self.clock.at else count


@dataclass
class Speaker:
    """Stands in for all forecasters: at each new step it says what ``upper`` gives for a step.

    ``None`` of ``upper`` says nothing new: the last forecast stays as it is.
    """

    upper: Callable[[int], float | None]
    last: Forecast | None = None

    def walk(self, books: Sequence[Book]) -> dict[str, list[LoadRow]]:
        rows: dict[str, list[LoadRow]] = {}
        for book in books:
            step = book.load.last
            high = self.upper(step + HORIZON)
            if self.last is not None and (high is None or self.last.step == step):
                book.said = self.last
                continue
            if high is None:
                continue
            learn_outcome(book, step, lead=HORIZON)
            shares = np.array([[0.8, 0.9, 1.0, 1.1]])
            book.said = self.last = Forecast(
                step=step,
                leads=(HORIZON,),
                levels=LEVELS,
                quantiles=high * shares,
                skill=0.5,
                now=book.load.at(step),
                gain=1.0,
            )
            if np.isfinite(high):
                rows[book.workload.name] = [book.foresaw(book.said)]
        return rows


@dataclass
class Watch:
    """Ticks a stage and holds it to what is promised at every tick."""

    stage: Stage
    decisions: list[Decision] = field(default_factory=list)

    @classmethod
    def over(cls, upper: Callable[[int], float | None], **stage: Any) -> "Watch":
        """A stage whose forecasts are made up and whose replicas take their time."""
        clock = FakeClock()
        # No forecaster is fitted: what it would say is what is made up.
        given: dict[str, Any] = {"clock": clock, "min_history_s": 1e12} | stage
        given.setdefault("sink", Cluster(clock=clock))
        watch = cls(stage=Stage(**given))
        watch.speak(upper)
        return watch

    def speak(self, upper: Callable[[int], float | None]) -> None:
        last = getattr(self.stage.loop.walker, "last", None)
        self.stage.loop.walker = Speaker(upper, last)  # type: ignore[assignment]  # a stand-in

    def tick(self) -> Decision:
        stage = self.stage
        stage.clock.forward(15.0)
        sink = stage.sink
        ready, current = sink.ready, sink.desired
        stage.loop.tick()
        decision = stage.book.decision
        assert decision is not None
        assert decision.at == stage.clock.at, "no decision was taken at this tick"
        self.decisions.append(decision)
        if not sink.away and not sink.is_gone:
            assert (decision.ready, decision.from_replicas) == (ready, current)
        self._never_below_the_formula(decision)
        self._bounded(decision)
        self._no_older_than_it_may_be(decision)
        assert b'dependency="internal"' not in stage.metrics.exposition()
        return decision

    def ticks(self, minutes: float) -> list[Decision]:
        return [self.tick() for _ in range(round(4 * minutes))]

    def says(self, kind: Kind, *, after: Sequence[dict[str, Any]]) -> bool:
        """Whether a condition is in the metrics, in the log and in the view."""
        name = f'{contract.CONDITION}{{condition="{kind}",workload="worker"}} 1.0'
        (workload,) = self.stage.view.workloads()
        return (
            name in self.stage.metrics.exposition().decode()
            and any(log["event"] == "condition" and log["condition"] == kind for log in after)
            and any(found["kind"] == kind for found in workload["conditions"])
        )

    def misses(self, dependency: str, *, after: Sequence[dict[str, Any]]) -> bool:
        """Whether a lost dependency is in the metrics, in the log and in the checks."""
        name = f'{contract.DEPENDENCY_UP}{{dependency="{dependency}"}} 0.0'
        return (
            name in self.stage.metrics.exposition().decode()
            and any(
                log["event"] == "dependency lost" and log["dependency"] == dependency
                for log in after
            )
            and dependency in self.stage.view.checks()
        )

    def close(self) -> None:
        self.stage.close()

    def _never_below_the_formula(self, decision: Decision) -> None:
        policy = self.stage.loop.policy_of(self.stage.book)
        if decision.load is None:
            assert decision.to_replicas >= min(decision.from_replicas, policy.maximum)
            return
        assert decision.ready is not None
        wanted = formula(
            decision.load,
            ready=decision.ready,
            current=decision.from_replicas,
            capacity=policy.capacity,
            target=policy.target,
        )
        assert decision.to_replicas >= min(max(wanted, policy.minimum), policy.maximum), decision

    def _bounded(self, decision: Decision) -> None:
        """Within the bounds, and in all that was asked for so far within the excess cap.

        What is held because of an anomaly, a rollout or a limit is not of the forecast's doing.
        """
        policy = self.stage.loop.policy_of(self.stage.book)
        assert policy.minimum <= decision.to_replicas <= policy.maximum
        asked, alone = replica_hours(self.decisions, with_holds=True)
        assert asked <= policy.excess * alone + SLACK_REPLICA_HOURS, decision

    def _no_older_than_it_may_be(self, decision: Decision) -> None:
        """A floor comes from a forecast that is younger than the floor may last."""
        if decision.floor is None:
            return
        floor, policy = self.stage.book.memory.floor, self.stage.loop.policy_of(self.stage.book)
        assert floor is not None
        assert (decision.at - floor.made_at).total_seconds() < policy.floor_ttl_s


def replica_hours(
    decisions: Sequence[Decision], *, with_holds: bool = False
) -> tuple[float, float]:
    """Of what was asked for, and of what the reactive path alone would have asked for.

    Args:
        with_holds: the path alone would have held what was held.
    """
    asked = sum(decision.to_replicas for decision in decisions)
    alone = sum(
        max([decision.alone or decision.to_replicas, *(_held(decision) if with_holds else ())])
        for decision in decisions
    )
    return asked * 15 / 3600, alone * 15 / 3600


def _held(decision: Decision) -> list[int]:
    return [clamp.after or 0 for clamp in decision.clamps if clamp.holds]
