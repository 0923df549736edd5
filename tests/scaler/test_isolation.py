"""What goes wrong with one target stays with it, also while what failed is left alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import structlog

from scaler.adapters.kubernetes.api import Api
from scaler.adapters.kubernetes.events import Events
from scaler.adapters.kubernetes.sink import Autoscalers
from scaler.adapters.prometheus import Prometheus
from scaler.book import Book
from scaler.conditions import Kind
from scaler.core.capacity import CapacityRules, Objective
from scaler.health import Dependency
from scaler.metrics import Metrics
from scaler.records import (
    Replicas,
    SignalQueries,
    Unasked,
    Unavailable,
    Unusable,
    Workload,
)
from tests.scaler.adapters.kubernetes.fake_api import HPAS, FakeApi, deployment, fake_api, hpa
from tests.scaler.adapters.kubernetes.test_targets import declared
from tests.scaler.conftest import FakePrometheus, matrix, vector
from tests.scaler.fakes import (
    NOW_STEP,
    WORKLOAD,
    FakeClock,
    FakeSink,
    FakeSource,
    FakeWriter,
    Stage,
)

LONG_S = 600.0  # longer than any test: what is left alone is not asked again
NAMES = ("aa", "bb", "cc")


def workloads(*names: str) -> tuple[Workload, ...]:
    """The first is the one that the stage looks at."""
    return tuple(
        replace(
            WORKLOAD,
            policy=replace(WORKLOAD.policy, workload=name),
            load_query=f"load_{name}",
            ready_query=f"ready_{name}",
        )
        for name in names
    )


def kinds(stage: Stage, name: str) -> set[Kind]:
    return {condition.kind for condition in stage.loop.conditions.of(name)}


def loads(books: dict[str, Book]) -> dict[str, float | None]:
    return {name: each.decision.load for name, each in books.items() if each.decision}


@contextmanager
def cluster() -> Iterator[tuple[FakeApi, Stage]]:
    """Three autoscalers, frozen at more than their minimum, so that each is to get a floor."""
    with fake_api() as (fake, api):
        for name in NAMES:
            fake.put(hpa(name))
            fake.put(deployment(name))
        stage = staged(api)
        stage.source.since, stage.source.load_at = NOW_STEP - 30, lambda _: 10.0
        stage.tick()
        for name in NAMES:
            stage.steering.freeze(name, for_s=3_000, actor="a", reason="r")
        yield fake, stage
        stage.close()


def staged(api: Api) -> Stage:
    clock, writer = FakeClock(), FakeWriter()
    sink = Autoscalers(
        api,
        identity="one",
        writer=writer,
        events=Events(api, instance="one"),
        declare=declared,
        now=clock.now,
    )
    return Stage(clock=clock, writer=writer, sink=sink, targets=sink, first_pause_s=LONG_S)


def minimums(fake: FakeApi) -> dict[str, int]:
    return {name: fake.get(HPAS, name)["spec"]["minReplicas"] for name in NAMES}


def test_an_autoscaler_that_cannot_be_changed_leaves_the_others_their_floors() -> None:
    with cluster() as (fake, stage):
        webhook = (500, {"message": "failed calling webhook"})
        fake.fault = lambda method, path: (
            webhook if method == "PATCH" and path.endswith("/aa") else None
        )
        stage.tick()
        assert minimums(fake) == {"aa": 2, "bb": 3, "cc": 3}
        assert Kind.SCALE_REFUSED in kinds(stage, "aa")
        assert Kind.SCALE_REFUSED not in kinds(stage, "bb")
        assert stage.loop.dependencies[2].problem is None


@pytest.mark.parametrize("status", [500, 503])
def test_a_floor_that_cannot_be_let_go_hides_no_target(status: int) -> None:
    with cluster() as (fake, stage):
        stage.tick()
        left = fake.get(HPAS, "aa")
        left["metadata"]["labels"] = {}
        fake.put(left)
        fake.put(hpa("dd"))
        fake.put(deployment("dd"))
        fake.fault = lambda method, path: (
            (status, {"message": "no"}) if method == "PATCH" and path.endswith("/aa") else None
        )
        stage.tick()
        assert {"bb", "cc", "dd"} <= stage.loop.books.keys()
        assert stage.loop.books["bb"].scale == Replicas(desired=3, ready=3, minimum=2, maximum=10)
        assert Kind.SCALE_UNKNOWN not in kinds(stage, "bb")
        fake.fault = lambda _method, _path: None
        stage.tick()
        assert minimums(fake) == {"aa": 2, "bb": 3, "cc": 3}


@pytest.mark.parametrize("slow", ["latency_worker", "load_worker"])
def test_a_query_that_takes_too_long_leaves_the_others_their_metrics(
    fake_prometheus: FakePrometheus, slow: str
) -> None:
    late = {"status": "error", "errorType": "timeout", "error": "query timed out"}

    def answer(path: str, parameters: dict[str, str]) -> tuple[int, Any]:
        if parameters["query"] == slow:
            return 503, late
        return 200, matrix() if path.endswith("_range") else vector("40")

    fake_prometheus.answer = answer
    rules = CapacityRules(
        configured=10, minimum=3, maximum=30, objective=Objective(latency_s=1.0), unit="slots"
    )
    asking = tuple(
        replace(one, rules=rules, signals=SignalQueries(latency=f"latency_{one.name}"))
        for one in workloads("worker", "bb", "cc")
    )
    stage = Stage(workloads=asking, first_pause_s=LONG_S)
    source = Prometheus(fake_prometheus.url, timeout_s=5.0, stale_after_s=1e9)
    stage.loop._observer._source = source
    stage.tick()
    expected = None if slow == "load_worker" else 40.0
    assert loads(stage.loop.books) == {"worker": expected, "bb": 40.0, "cc": 40.0}
    assert stage.loop.dependencies[0].problem is None
    stage.close()
    source.close()


@dataclass
class ChoosySink(FakeSink):
    """An agent that does not know one of the workloads."""

    unknown: str = ""

    def scale(self, workload: str) -> Replicas | None:
        if workload == self.unknown:
            raise Unusable("sink", "refused", "HTTP 404 unknown workload")
        return super().scale(workload)


def test_a_workload_that_the_agent_does_not_know_leaves_the_others_their_scale() -> None:
    sink = ChoosySink(unknown="worker")
    stage = Stage(workloads=workloads("worker", "bb", "cc"), sink=sink, first_pause_s=LONG_S)
    stage.source.since = NOW_STEP - 10
    stage.tick()
    assert {name: book.scale is not None for name, book in stage.loop.books.items()} == {
        "worker": False,
        "bb": True,
        "cc": True,
    }
    (said,) = (c for c in stage.loop.conditions.of("worker") if c.kind is Kind.SCALE_UNKNOWN)
    assert said.sentence == "HTTP 404 unknown workload"
    stage.close()


def test_an_agent_that_is_away_is_said_once_where_there_are_no_targets_to_find() -> None:
    with structlog.testing.capture_logs() as logs:
        stage = Stage(targets=None, sink=FakeSink(away=True))
        stage.source.since = NOW_STEP - 10
        for _ in range(3):
            stage.tick()
    stage.close()
    assert [log["event"] for log in logs if "dependency" in log["event"]] == ["dependency lost"]


@dataclass
class HurriedSource(FakeSource):
    """Prometheus that has time for so many loads in a tick."""

    most: int = 2
    asked: list[str] = field(default_factory=list)
    left: int = 0

    def begin(self) -> None:
        self.left = self.most

    def load(self, workload: Workload) -> float | None:
        if self.left == 0:
            raise Unasked("prometheus", "the time of this tick is used up")
        self.left -= 1
        self.asked.append(workload.name)
        return super().load(workload)


def test_who_had_no_time_in_one_tick_comes_first_in_the_next() -> None:
    stage = Stage(workloads=workloads("worker", "bb", "cc", "dd", "ee"), first_pause_s=LONG_S)
    source = HurriedSource(clock=stage.clock, since=NOW_STEP - 10)
    stage.loop._observer._source = source
    for _ in range(3):
        stage.tick()
    assert source.asked == ["worker", "bb", "cc", "dd", "ee", "worker"]
    (said,) = (c for c in stage.loop.conditions.of("dd") if c.kind is Kind.NO_METRICS)
    assert said.sentence == "the time of this tick is used up"
    assert stage.loop.dependencies[0].problem is None
    source.most = 5
    stage.tick()
    assert source.asked[-5:] == ["bb", "cc", "dd", "ee", "worker"]
    stage.tick()
    assert source.asked[-5:] == ["worker", "bb", "cc", "dd", "ee"]
    stage.close()


@pytest.fixture
def dependency() -> Dependency:
    return Dependency(
        "prometheus",
        metrics=Metrics(),
        clock=FakeClock(),
        first_pause_s=LONG_S,
        longest_pause_s=LONG_S,
    )


def failing(error: Exception) -> Callable[[], None]:
    def question() -> None:
        raise error

    return question


def test_what_was_not_asked_says_nothing_of_whether_it_answers(dependency: Dependency) -> None:
    unasked = failing(Unasked("prometheus", "no time"))
    with pytest.raises(Unasked):
        dependency.ask(unasked)
    assert (dependency.problem, dependency.is_paused) == (None, False)
    with pytest.raises(Unavailable):
        dependency.ask(failing(Unavailable("prometheus", "refused")))
    assert dependency.is_paused
    problem = dependency.problem
    assert problem is not None
    with pytest.raises(Unasked, match="refused"):
        dependency.ask(lambda: None)
    dependency._again_at = 0.0
    with pytest.raises(Unasked):
        dependency.ask(unasked)
    assert dependency.problem == problem
