"""What happens to a running platform on a real control plane: changed settings, drained nodes.

A change rolls the pods that it concerns and leaves all others untouched; no node is emptied faster
than the budgets allow.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.client import Manifest
from tests.cluster.draining import cordon, evict, uncordon
from tests.cluster.platform import Platform, program
from tests.cluster.platform_fixtures import PREFIX
from tests.cluster.waiting import wait_for

DRAIN_S = 60.0
SCALED = ("api", "worker")
REPLICAS = 6  # on three nodes: each has two of them
OURS = {"api", "worker", "relay", "scaler", "web"}
JOBS = {"migrate-app", "migrate-scaler", "first-user"}  # `database` runs PostgreSQL's image


@pytest.fixture
def changing(platform: Platform) -> Iterator[Platform]:
    """The platform, which gets its settings back."""
    original = platform.recording
    yield platform
    platform.replace(original)
    platform.wait_until_available()


@pytest.fixture
def scaled(platform: Platform) -> Iterator[Platform]:
    """The platform after somebody else has scaled it; they scale it back."""
    before = {name: platform.replicas(name) for name in SCALED}
    for name in SCALED:
        platform.scale(name, REPLICAS)
    platform.wait_until_available()
    yield platform
    for name, replicas in before.items():
        platform.scale(name, replicas)
    platform.wait_until_available()


@pytest.mark.parametrize(
    ("changes", "rolled", "jobs"),
    [
        pytest.param({"data": {"retentionDays": 7}}, {"prometheus"}, set(), id="retention"),
        pytest.param({"data": {"postgresBuffersMib": 512}}, {"postgres"}, set(), id="buffers"),
        pytest.param(
            # The file of the one, and in the other the queries that look back four scrapes.
            {"data": {"scrapeIntervalS": 30}},
            {"prometheus", "scaler"},
            set(),
            id="scrape interval",
        ),
        pytest.param(
            # The scaler is told what each container asks for, to say what would be enough.
            {"resources": {"redis": {"memoryLimitMib": 2048}}},
            {"redis", "scaler"},
            set(),
            id="a limit",
        ),
        pytest.param({"api": {"accessTtlS": 300}}, {"api"}, set(), id="a variable"),
        pytest.param({"api": {"maxReplicas": 30}}, {"scaler"}, set(), id="a bound"),
        pytest.param({"cluster": {"images": {"tag": "0.2.0"}}}, OURS, JOBS, id="image tag"),
        pytest.param({"cluster": {"quota": {"pods": 400}}}, set(), set(), id="quota"),
        pytest.param({"cluster": {"edge": {"requestsPerSecond": 9}}}, set(), set(), id="rate"),
    ],
)
def test_a_change_rolls_what_it_concerns_and_no_other(
    changing: Platform, changes: dict[str, Any], rolled: set[str], jobs: set[str]
) -> None:
    before, done = changing.running(), _jobs(changing)
    cluster = {"namespace": PREFIX, "scaling": "hpa", **changes.get("cluster", {})}
    changing.replace(program("prod", **{**changes, "cluster": cluster}))
    changing.wait_until_available()
    after = changing.running()
    assert after.keys() == before.keys() == OURS | {"postgres", "redis", "prometheus"}
    assert {name for name in after if after[name] != before[name]} == rolled
    # All its replicas, and as many as before.
    assert all(not after[name] & before[name] for name in rolled)
    assert all(len(after[name]) == len(before[name]) for name in after)
    assert {name.rpartition("-")[0] for name in _jobs(changing) - done} == jobs


def test_all_services_may_have_their_greatest_number_of_replicas_at_once(
    scaled: Platform,
) -> None:
    """The quotas have room for it, also when a version rolls out meanwhile."""
    greatest = {
        each["metadata"]["name"]: each["spec"]["maxReplicas"]
        for each in scaled.of_kind("HorizontalPodAutoscaler")
    }
    assert greatest == {"api": 20, "worker": 40}
    for name, replicas in greatest.items():
        scaled.scale(name, replicas)
    scaled.wait_until_available()
    (quota,) = (
        each
        for each in map(scaled.live, scaled.of_kind("ResourceQuota"))
        if each and each["metadata"]["namespace"] == scaled.namespaces[0]
    )
    status = quota["status"]
    assert int(status["used"]["pods"]) >= sum(greatest.values())
    free = int(status["hard"]["pods"]) - int(status["used"]["pods"])
    assert free > len(scaled.of_kind("Deployment"))


def test_an_update_leaves_the_replicas_to_whoever_scales(scaled: Platform) -> None:
    scaled.apply()
    assert [scaled.replicas(name) for name in SCALED] == [REPLICAS, REPLICAS]


def test_a_budget_gives_one_replica_away_at_a_time(scaled: Platform) -> None:
    admin = scaled.admin
    nodes = [each["metadata"]["name"] for each in admin.list("v1", "Node")]
    for name in SCALED:
        _wait_for_budget(scaled, name)
        for node in nodes:
            cordon(admin, node)  # so that the first has no replacement yet
        try:
            given = [evict(admin, pod) for pod in scaled.pods(name)]
        finally:
            for node in nodes:
                uncordon(admin, node)
        assert given.count(True) == 1
        scaled.wait_until_available()


def test_a_drain_empties_a_node_without_anybody_missing_two_replicas(scaled: Platform) -> None:
    node = _crowded_node(scaled)
    leaving = _staying(scaled, node)
    several = [pod["spec"]["serviceAccountName"] for pod in leaving]
    assert any(several.count(name) > 1 for name in SCALED)

    def is_empty() -> bool:
        for pod in _staying(scaled, node):
            evict(scaled.admin, pod)  # and again in the next round, where a budget was against it
            assert _missing(scaled) <= 1
        return not _staying(scaled, node)

    cordon(scaled.admin, node)
    try:
        wait_for(
            f"{node} is empty", is_empty, timeout_s=DRAIN_S, seen=lambda: _staying(scaled, node)
        )
        scaled.wait_until_available()
    finally:
        uncordon(scaled.admin, node)
    gone = {pod["metadata"]["uid"] for pod in leaving}
    assert not gone & {pod["metadata"]["uid"] for pod in scaled.pods()}


def _jobs(platform: Platform) -> set[str]:
    """Those that are done."""
    jobs = platform.admin.list("batch/v1", "Job", platform.namespaces[0])
    return {each["metadata"]["name"] for each in jobs if each["status"].get("succeeded")}


def _wait_for_budget(platform: Platform, name: str) -> None:
    budget = platform.one("PodDisruptionBudget", name)

    def may_lose_one() -> bool:
        live = platform.live(budget)
        return live is not None and live["status"]["disruptionsAllowed"] == 1

    wait_for(f"the budget of {name} has counted its replicas", may_lose_one)


def _crowded_node(platform: Platform) -> str:
    """The node with most of our pods."""
    nodes = [pod["spec"]["nodeName"] for pod in platform.pods()]
    return str(max(sorted(set(nodes)), key=nodes.count))


def _staying(platform: Platform, node: str) -> list[Manifest]:
    """Pods on a node that run, and that nobody has asked to leave."""
    return [
        pod
        for pod in platform.pods()
        if pod["spec"].get("nodeName") == node and pod["status"]["phase"] == "Running"
    ]


def _missing(platform: Platform) -> int:
    """How many replicas the workload that misses most of them misses."""
    workloads = platform.of_kind("Deployment", "StatefulSet")
    live = [found for each in workloads if (found := platform.live(each))]
    return max(
        int(each["spec"]["replicas"] - each["status"].get("readyReplicas", 0)) for each in live
    )
