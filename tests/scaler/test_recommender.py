import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from scaler.archive import Archive
from scaler.core.resources import MEBI, Allotment, Recommendation, ResourceRules
from scaler.health import Dependency
from scaler.metrics import Metrics
from scaler.recommender import KIND, LOOKS_BETWEEN_CHECKPOINTS, MOST_CONTAINERS, Recommender
from scaler.records import Container, Resized, Unavailable, Usage, UsageQueries
from tests.scaler.fakes import FakeAnnouncer, FakeClock, FakeStore

API = Container(workload="api", name="api")
WEB = Container(workload="web", name="nginx")
RULES = ResourceRules(least_cpu_m=10, least_memory=32 * MEBI)
ASKED = Allotment(
    cpu_request_m=200, cpu_limit_m=400, memory_request=192 * MEBI, memory_limit=512 * MEBI
)


@dataclass
class FakeUsage:
    """A ``UsageSource`` that knows what each container uses."""

    away: bool = False
    figures: dict[str, list[Usage]] = field(default_factory=dict)

    def usages(self, query: str) -> list[Usage]:
        if self.away:
            raise Unavailable("prometheus", "connection refused")
        return self.figures[query]

    def use(self, container: Container, *, cores: float, mebi: float, instance: str = "0") -> None:
        for query, value in (("cpu", cores), ("memory", mebi * MEBI)):
            self.figures.setdefault(query, []).append(
                Usage(container=container, instance=instance, value=value)
            )

    def end(self, container: Container, times: float) -> None:
        self.figures["ends"] = [Usage(container=container, instance="0", value=times)]


@dataclass
class FakeMemoryEnds:
    """Of one container, which last ended then."""

    at: float = 0.0
    away: bool = False

    def last_ends(self) -> list[Usage]:
        if self.away:
            raise Unavailable("kubernetes", "connection refused")
        return [Usage(container=API, instance="0", value=self.at)]


@dataclass
class FakeResizing:
    """Resizes whatever it is given first."""

    given: list[tuple[set[Container], dict[tuple[Container, str], float]]] = field(
        default_factory=list
    )

    def step(
        self,
        found: Mapping[Container, Recommendation],
        *,
        used_memory: Mapping[tuple[Container, str], float],
        now: datetime,  # noqa: ARG002 - of the port
    ) -> Resized | None:
        self.given.append((set(found), dict(used_memory)))
        return Resized(workload=min(found).workload, sentence="api-1: api cpu 200m to 587m.")


@dataclass
class Desk:
    """A recommender and all that it stands on."""

    store: FakeStore = field(default_factory=FakeStore)
    resizing: FakeResizing | None = None
    memory_ends: FakeMemoryEnds | None = None
    enforced: str = "api"
    queries: UsageQueries = UsageQueries(cpu="cpu", memory="memory")  # noqa: RUF009 - frozen
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.source = FakeUsage(figures={"cpu": [], "memory": []})
        self.announcer = FakeAnnouncer()
        self.registry = CollectorRegistry()
        self.archive = Archive(self.store, self.dependency("database"), Metrics())
        self.recommender = Recommender(
            queries=self.queries,
            rules=RULES,
            allotments={API: ASKED},
            source=self.source,
            prometheus=self.dependency("usage"),
            archive=self.archive,
            registry=self.registry,
            clock=self.clock,
            interval_s=60.0,
            resizing=self.resizing,
            may_resize=lambda name: name == self.enforced,
            announcer=self.announcer,
            memory_ends=self.memory_ends,
        )

    def dependency(self, name: str) -> Dependency:
        return Dependency(
            name, metrics=Metrics(), clock=self.clock, first_pause_s=0.0, longest_pause_s=0.0
        )

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.clock.forward(60)
            self.recommender.tick()

    def written(self) -> None:
        self.archive.close(timeout_s=10.0)

    def exposed(self) -> dict[str, float]:
        lines = generate_latest(self.registry).decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def of(desk: Desk, container: Container, resource: str) -> dict[str, Any]:
    (found,) = (
        entry
        for entry in desk.recommender.recommendations(container.workload)
        if entry["resource"] == resource
    )
    return found


def test_each_container_gets_a_recommendation_for_cpu_and_for_memory(desk: Desk) -> None:
    desk.source.use(API, cores=0.5, mebi=190.7)
    desk.source.use(WEB, cores=0.001, mebi=5)
    desk.look(1_441)
    cpu = of(desk, API, "cpu")
    assert cpu == {
        "workload": "api",
        "container": "api",
        "resource": "cpu",
        "unit": "cores",
        "request": 0.2,
        "target": 0.587,
        "lower": 0.585,
        "upper": 1.174,
        "limit": 1.174,
        "sentence": (
            "200m of cpu is too little: ask for 587m; 585m to 1174m is good enough, "
            "from 1.0 days of usage."
        ),
    }
    memory = of(desk, API, "memory")
    assert (memory["unit"], memory["request"]) == ("bytes", 192 * MEBI)
    assert memory["limit"] == math.floor(512 * memory["target"] / 192)
    web = of(desk, WEB, "memory")
    assert (web["target"], web["request"], web["limit"]) == (32 * MEBI, None, None)
    assert web["sentence"].startswith("Ask for 32 MiB of memory; ")
    assert len(desk.recommender.recommendations(None)) == 4
    assert desk.recommender.recommendations("other") == []


@pytest.mark.parametrize(
    ("cores", "said"),
    [
        pytest.param(0.15, "200m of cpu is good enough; ", id="as-asked"),
        pytest.param(0.02, "200m of cpu is too much: ", id="less"),
        pytest.param(0.5, "200m of cpu is too little: ", id="more"),
    ],
)
def test_the_sentence_says_what_the_request_of_now_is(desk: Desk, cores: float, said: str) -> None:
    desk.source.use(API, cores=cores, mebi=100)
    desk.look(1_441)
    assert of(desk, API, "cpu")["sentence"].startswith(said)


def test_after_one_look_there_is_no_upper_bound(desk: Desk) -> None:
    desk.source.use(API, cores=0.02, mebi=100)
    desk.look()
    cpu = of(desk, API, "cpu")
    assert (cpu["lower"], cpu["upper"]) == (0.01, None)
    assert "10m to without bound is good enough, from 0.0 h of usage" in cpu["sentence"]


def test_recommendations_are_exported(desk: Desk) -> None:
    desk.source.use(API, cores=0.5, mebi=100)
    desk.look(1_441)
    labels = '{bound="%s",container="api",workload="api"}'
    exposed = desk.exposed()
    cpu = {
        bound: exposed["autoserve_scaler_recommended_cpu_cores" + labels % bound]
        for bound in ("target", "lower", "upper", "limit")
    }
    assert cpu == {"target": 0.587, "lower": 0.585, "upper": 1.174, "limit": 1.174}
    assert exposed["autoserve_scaler_recommended_memory_bytes" + labels % "target"] > 100 * MEBI


def test_what_is_away_leaves_what_was_learnt(desk: Desk) -> None:
    desk.source.use(API, cores=0.5, mebi=100)
    desk.look(10)
    before = desk.recommender.recommendations(None)
    desk.source.away = True
    desk.look(10)
    assert desk.recommender.recommendations(None) == before


def test_an_instance_that_ended_for_want_of_memory_raises_the_memory() -> None:
    desk = Desk(queries=UsageQueries(cpu="cpu", memory="memory", out_of_memory="ends"))
    desk.source.use(API, cores=0.5, mebi=100)
    desk.source.end(API, 3)
    desk.look(2)
    calm = of(desk, API, "memory")["target"]
    desk.source.end(API, 4)
    desk.look()
    # 192 MiB were asked for: 100 MiB more is the greater bump, and the margin on top.
    assert calm < 130 * MEBI
    assert of(desk, API, "memory")["target"] == pytest.approx(292 * MEBI * 1.15, rel=0.1)


def test_a_container_that_took_its_counter_along_is_learnt_from_as_well() -> None:
    ends = FakeMemoryEnds()
    desk = Desk(memory_ends=ends)
    desk.source.use(API, cores=0.5, mebi=100)
    ends.at = 1_000.0  # of before it was looked at
    desk.look(2)
    calm = of(desk, API, "memory")["target"]
    ends.at = 2_000.0
    desk.look()
    assert calm < 130 * MEBI
    raised = of(desk, API, "memory")["target"]
    assert raised == pytest.approx(292 * MEBI * 1.15, rel=0.1)
    ends.away = True
    desk.look()
    assert of(desk, API, "memory")["target"] == pytest.approx(raised, rel=0.01)


def test_a_restart_forgets_nothing(desk: Desk) -> None:
    desk.source.use(API, cores=0.5, mebi=100)
    desk.look(LOOKS_BETWEEN_CHECKPOINTS)
    before = desk.recommender.recommendations(None)
    desk.written()
    again = Desk(store=desk.store, clock=desk.clock)
    again.look()
    assert again.recommender.recommendations(None) == before


def test_a_store_that_is_away_at_the_start_is_read_later_and_not_overwritten() -> None:
    first = Desk()
    first.source.use(API, cores=0.5, mebi=100)
    first.look(LOOKS_BETWEEN_CHECKPOINTS)
    first.written()
    kept = first.store.checkpointed[KIND, "api/api"]
    first.store.away = True
    again = Desk(store=first.store, clock=first.clock)
    again.source.use(API, cores=0.1, mebi=100)
    again.look(LOOKS_BETWEEN_CHECKPOINTS)
    assert of(again, API, "cpu")["target"] == pytest.approx(0.117, abs=0.01)
    again.store.away = False
    again.written()
    assert first.store.checkpointed[KIND, "api/api"] == kept
    again.look()
    assert of(again, API, "cpu")["target"] == 0.587


def test_a_kept_usage_that_cannot_be_used_is_learnt_anew() -> None:
    store = FakeStore(checkpointed={(KIND, "api/api"): {"cpu": "broken"}})
    desk = Desk(store=store)
    desk.source.use(API, cores=0.5, mebi=100)
    desk.look()
    assert of(desk, API, "cpu")["target"] == 0.587


def test_a_container_that_is_gone_is_forgotten_everywhere(desk: Desk) -> None:
    desk.source.use(API, cores=0.5, mebi=100)
    desk.source.use(WEB, cores=0.5, mebi=100)
    desk.look(LOOKS_BETWEEN_CHECKPOINTS)
    desk.source.figures = {"cpu": [], "memory": []}
    desk.source.use(API, cores=0.5, mebi=100)
    desk.clock.at += timedelta(days=8)
    desk.look()
    assert {entry["workload"] for entry in desk.recommender.recommendations(None)} == {"api"}
    assert not any("nginx" in name for name in desk.exposed())
    desk.written()
    assert set(desk.store.checkpointed) == {(KIND, "api/api")}


def test_a_query_without_end_does_not_fill_the_memory(desk: Desk) -> None:
    for number in range(MOST_CONTAINERS + 10):
        name = Container(workload="api", name=f"c{number}")
        desk.source.use(name, cores=0.5, mebi=100)
    desk.look()
    assert len(desk.recommender.recommendations(None)) == 2 * MOST_CONTAINERS


def test_what_is_enforced_is_resized_by_what_is_in_use_now() -> None:
    resizing = FakeResizing()
    desk = Desk(resizing=resizing)
    desk.source.use(API, cores=0.5, mebi=100, instance="api-1")
    desk.source.use(WEB, cores=0.5, mebi=200, instance="web-1")
    desk.look()
    used = {(API, "api-1"): 100.0 * MEBI, (WEB, "web-1"): 200.0 * MEBI}
    assert resizing.given == [({API}, used)]
    assert desk.announcer.said == [("api", "Resized", False)]


def test_nothing_is_resized_by_what_was_seen_before_an_outage() -> None:
    resizing = FakeResizing()
    desk = Desk(resizing=resizing)
    desk.source.use(API, cores=0.5, mebi=100)
    desk.look()
    desk.source.away = True
    desk.look(3)
    assert len(resizing.given) == 1


def test_nothing_is_resized_while_nothing_may_be_changed() -> None:
    resizing = FakeResizing()
    desk = Desk(resizing=resizing, enforced="none")
    desk.source.use(API, cores=0.5, mebi=100)
    desk.look()
    assert resizing.given == []
