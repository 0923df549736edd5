from datetime import datetime, timedelta
from typing import Any

import pytest

from scaler.adapters.kubernetes.resize import (
    AFTER_REFUSAL,
    BETWEEN,
    PATIENCE,
    Resizer,
    has_resize,
    planned,
)
from scaler.core.resources import MEBI, Recommendation
from tests.scaler.adapters.kubernetes.fake_resizing import (
    NOW,
    USED,
    FakeServer,
    found,
    pending,
    pod,
)


def resizer(server: FakeServer, **options: Any) -> Resizer:
    return Resizer(server, namespace="shop", labels="app=api", **options)


def step(
    server: FakeServer,
    recommended: Recommendation,
    *,
    used: float | None = USED,
    now: datetime = NOW,
    by: Resizer | None = None,
) -> str:
    names = [each["metadata"]["name"] for each in server.pods]
    memory = {} if used is None else {(name, "api"): used for name in names}
    return (by or resizer(server)).step({"api": recommended}, used_memory=memory, now=now).said


@pytest.mark.parametrize(
    ("subresources", "can"),
    [
        pytest.param(("pods", "pods/resize"), True, id="it-can"),
        pytest.param(("pods", "pods/status"), False, id="an-older-one"),
    ],
)
def test_a_cluster_says_whether_it_can_resize(subresources: tuple[str, ...], can: bool) -> None:
    assert has_resize(FakeServer([], subresources=subresources)) is can


def test_a_request_that_is_too_small_is_raised_to_the_target() -> None:
    server = FakeServer([pod(requests={"cpu": "50m", "memory": "64Mi"})])
    said = step(server, found())
    assert said == "api-1: api cpu 50m to 150m, api memory 64Mi to 128Mi."
    assert server.resources() == {"requests": {"cpu": "150m", "memory": "128Mi"}}
    assert server.pods[0]["spec"]["containers"][0]["image"] == "api:1"


def test_a_request_that_is_too_great_is_lowered() -> None:
    server = FakeServer([pod(requests={"cpu": "2", "memory": "1Gi"})])
    step(server, found())
    assert server.resources() == {"requests": {"cpu": "150m", "memory": "128Mi"}}


@pytest.mark.parametrize(
    ("requests", "recommended"),
    [
        pytest.param({"cpu": "100m", "memory": "256Mi"}, found(), id="within-the-bounds"),
        pytest.param(
            {"cpu": "64", "memory": "128Mi"}, found(cpu=(1, 150, None)), id="little-is-known"
        ),
        pytest.param({}, found(), id="it-asks-for-nothing"),
    ],
)
def test_what_is_good_enough_is_left_alone(
    requests: dict[str, str], recommended: Recommendation
) -> None:
    server = FakeServer([pod(requests=requests)])
    assert step(server, recommended).startswith("All pods have what is recommended")
    assert server.patched == []


@pytest.mark.parametrize(
    ("used", "memory"),
    [
        pytest.param(100 * MEBI, "128Mi", id="far-below-the-target"),
        pytest.param(200 * MEBI, "230Mi", id="above-the-target"),
        pytest.param(1_000 * MEBI, "512Mi", id="as-much-as-there-is"),
        pytest.param(None, "512Mi", id="not-known"),
    ],
)
def test_memory_is_never_taken_from_under_what_is_in_use(used: float | None, memory: str) -> None:
    server = FakeServer([pod(requests={"cpu": "200m", "memory": "512Mi"})])
    step(server, found(), used=used)
    assert server.resources()["requests"]["memory"] == memory


def test_a_limit_of_memory_stays_above_what_is_in_use() -> None:
    server = FakeServer(
        [pod(requests={"cpu": "200m", "memory": "512Mi"}, limits={"memory": "600Mi"})]
    )
    step(server, found(), used=220 * MEBI)
    # 220 MiB and their headroom: 253 MiB, and the limit in proportion.
    assert server.resources() == {
        "requests": {"cpu": "200m", "memory": "253Mi"},
        "limits": {"memory": "297Mi"},
    }


def test_a_guaranteed_pod_stays_one() -> None:
    same = {"cpu": "2", "memory": "1Gi"}
    server = FakeServer([pod(requests=same, limits=same, qos="Guaranteed")])
    step(server, found())
    assert server.resources()["requests"] == server.resources()["limits"]
    assert server.resources()["requests"] == {"cpu": "150m", "memory": "128Mi"}


def test_a_limit_that_was_above_the_request_stays_above_it() -> None:
    server = FakeServer(
        [
            pod(
                requests={"cpu": "1000m", "memory": "1000Mi"},
                limits={"cpu": "1001m", "memory": "1001Mi"},
            )
        ]
    )
    step(server, found())
    assert server.resources()["limits"] == {"cpu": "151m", "memory": "129Mi"}


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(pod(qos="BestEffort"), id="best-effort"),
        pytest.param(pod(status={"phase": "Pending"}), id="not-running"),
        pytest.param(pod(status={"conditions": []}), id="not-ready"),
        pytest.param(pod(status={"containerStatuses": [{"name": "api"}]}), id="node-cannot"),
        pytest.param(
            pod(metadata={"deletionTimestamp": "2026-11-01T12:00:00Z"}), id="on-its-way-out"
        ),
    ],
)
def test_a_pod_that_may_not_be_resized_is_left(left: dict[str, Any]) -> None:
    server = FakeServer([left])
    step(server, found(cpu=(1_000, 1_500, 3_000)))
    assert server.patched == []


def test_one_pod_is_resized_at_a_time_and_the_next_one_later() -> None:
    server = FakeServer([pod("api-2"), pod("api-1")])
    by = resizer(server)
    great = found(cpu=(1_000, 1_500, 3_000))
    step(server, great, by=by)
    assert [name for name, _ in server.patched] == ["api-1"]
    assert "too short a time ago" in step(server, great, by=by, now=NOW + BETWEEN / 2)
    step(server, great, by=by, now=NOW + BETWEEN)
    assert [name for name, _ in server.patched] == ["api-1", "api-2"]
    assert "All pods" in step(server, great, by=by, now=NOW + 2 * BETWEEN)


@pytest.mark.parametrize("kind", ["PodResizeInProgress", "PodResizePending"])
def test_nothing_is_begun_while_a_pod_is_being_resized(kind: str) -> None:
    server = FakeServer([pod("api-1", status=pending(kind, "Deferred")), pod("api-2")])
    assert step(server, found(cpu=(1_000, 1_500, 3_000))) == "api-1 is being resized."
    assert server.patched == []


@pytest.mark.parametrize(
    ("reason", "since"),
    [
        pytest.param("Infeasible", NOW, id="never-possible"),
        pytest.param("Deferred", NOW - PATIENCE, id="not-possible-for-long"),
    ],
)
def test_what_a_node_cannot_give_is_taken_back(reason: str, since: datetime) -> None:
    asked = pod(status=pending("PodResizePending", reason, since=since))
    asked["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "64", "memory": "1Ti"}}
    server = FakeServer([asked])
    by = resizer(server)
    great = found(cpu=(1_000, 1_500, 3_000))
    assert "was given back what it had" in step(server, great, by=by)
    assert server.resources() == {"requests": {"cpu": "200m", "memory": "128Mi"}}
    server.pods[0]["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    assert "too short a time ago" in step(server, great, by=by, now=NOW + AFTER_REFUSAL / 2)
    step(server, great, by=by, now=NOW + AFTER_REFUSAL)
    assert server.resources()["requests"]["cpu"] == "1500m"


def budget(allowed: int, **selector: str) -> dict[str, Any]:
    return {
        "spec": {"selector": {"matchLabels": selector}},
        "status": {"disruptionsAllowed": allowed},
    }


@pytest.mark.parametrize(
    ("pods", "budgets", "is_resized"),
    [
        pytest.param(2, [budget(1, app="api")], True, id="one-may-be-away"),
        pytest.param(2, [], True, id="no-budget"),
        pytest.param(2, [budget(0, app="web")], True, id="the-budget-of-another"),
        pytest.param(2, [budget(0, app="api")], False, id="none-may-be-away"),
        pytest.param(2, [budget(0)], False, id="a-budget-for-all"),
        pytest.param(1, [budget(1, app="api")], False, id="it-is-the-only-one"),
    ],
)
def test_a_container_starts_anew_only_where_one_may_be_away(
    pods: int, budgets: list[dict[str, Any]], is_resized: bool
) -> None:
    server = FakeServer(
        [pod(f"api-{number}", restarts_for="cpu") for number in range(pods)], budgets=budgets
    )
    step(server, found(cpu=(1_000, 1_500, 3_000)))
    assert bool(server.patched) is is_resized


def test_a_container_that_starts_anew_for_memory_only_is_resized_in_cpu() -> None:
    server = FakeServer([pod(restarts_for="memory")], budgets=[budget(0)])
    step(server, found(cpu=(1_000, 1_500, 3_000)))
    assert server.resources()["requests"]["cpu"] == "1500m"


def test_a_resource_that_decides_the_replicas_is_left_alone() -> None:
    server = FakeServer([pod(requests={"cpu": "50m", "memory": "64Mi"})])
    by = resizer(server, resources=("memory",))
    step(server, found(), by=by)
    assert server.resources() == {"requests": {"cpu": "50m", "memory": "128Mi"}}


def test_a_container_without_a_recommendation_stays_as_it_is() -> None:
    two = pod(requests={"cpu": "50m", "memory": "64Mi"})
    two["spec"]["containers"].append({"name": "mesh", "resources": {"requests": {"cpu": "1"}}})
    after = planned(two, {"api": found()}, used_memory={})
    assert after is not None
    assert after[1] == two["spec"]["containers"][1]
    assert planned(two, {}, used_memory={}) is None


def test_a_pod_that_was_changed_meanwhile_is_left() -> None:
    server = FakeServer([pod(requests={"cpu": "50m", "memory": "64Mi"})])
    listed = server.list

    def listed_before(path: str, *, labels: str = "") -> list[dict[str, Any]]:
        pods = listed(path, labels=labels)
        server.pods[0]["metadata"]["resourceVersion"] = "8"
        return pods

    server.list = listed_before  # type: ignore[method-assign]  # another writer comes between
    assert "has been modified" in step(server, found())
    assert server.patched == []


def test_without_an_api_server_nothing_happens() -> None:
    server = FakeServer([pod()], away=True)
    assert step(server, found()) == "Nothing was resized: connection refused."


def test_amounts_are_read_in_every_notation() -> None:
    for memory in ("134217728", "128Mi", "134217728000m", "0.125Gi"):
        same = FakeServer([pod(requests={"cpu": "0.2", "memory": memory})])
        step(same, found())
        assert same.patched == []


def test_the_pause_ends_after_its_time() -> None:
    server = FakeServer([pod("api-1"), pod("api-2")])
    by = resizer(server, between=timedelta(0))
    great = found(cpu=(1_000, 1_500, 3_000))
    for _ in range(2):
        step(server, great, by=by)
    assert len(server.patched) == 2
