"""Against an API server by hand that resizes as the real one does: resources, and nothing else."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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
from scaler.core.resources import MEBI, Bounds, Recommendation
from scaler.ports import Unavailable

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
PODS = "/api/v1/namespaces/shop/pods"
BUDGETS = "/apis/policy/v1/namespaces/shop/poddisruptionbudgets"
USED = 100 * MEBI


def found(
    *,
    cpu: tuple[int, int, int | None] = (100, 150, 300),
    mebi: tuple[int, int, int] = (90, 128, 256),
) -> Recommendation:
    """Bounds as (lower, target, upper), of CPU in millicores and of memory in MiB."""
    low, middle, high = (amount * MEBI for amount in mebi)
    return Recommendation(
        cpu=Bounds(lower=cpu[0], target=cpu[1], upper=cpu[2]),
        memory=Bounds(lower=low, target=middle, upper=high),
        confidence=3.0,
        samples=4_000,
    )


def pod(
    name: str = "api-1",
    *,
    requests: Mapping[str, str] | None = None,
    limits: Mapping[str, str] | None = None,
    qos: str = "Burstable",
    restarts_for: str = "",
    **changes: Any,
) -> dict[str, Any]:
    requests = {"cpu": "200m", "memory": "128Mi"} if requests is None else requests
    resources = {"requests": dict(requests), **({"limits": dict(limits)} if limits else {})}
    policies = [
        {
            "resourceName": resource,
            "restartPolicy": "RestartContainer" if resource == restarts_for else "NotRequired",
        }
        for resource in ("cpu", "memory")
    ]
    made: dict[str, Any] = {
        "metadata": {"name": name, "labels": {"app": "api"}, "resourceVersion": "7"},
        "spec": {
            "nodeName": "node-1",
            "containers": [
                {
                    "name": "api",
                    "image": "api:1",
                    "resources": resources,
                    "resizePolicy": policies,
                }
            ],
        },
        "status": {
            "phase": "Running",
            "qosClass": qos,
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "api", "resources": deepcopy(resources)}],
        },
    }
    made["metadata"] |= changes.pop("metadata", {})
    made["status"] |= changes.pop("status", {})
    assert not changes
    return made


def pending(kind: str, reason: str = "", *, since: datetime = NOW) -> dict[str, Any]:
    return {
        "conditions": [
            {"type": "Ready", "status": "True"},
            {
                "type": kind,
                "status": "True",
                "reason": reason,
                "lastTransitionTime": since.isoformat(),
            },
        ]
    }


@dataclass
class FakeServer:
    pods: list[dict[str, Any]]
    budgets: list[dict[str, Any]] = field(default_factory=list)
    patched: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    away: bool = False
    subresources: tuple[str, ...] = ("pods", "pods/resize")

    def get(self, path: str) -> dict[str, Any]:
        self._answer()
        assert path == "/api/v1"
        verbs = ["get", "patch", "update"]
        return {"resources": [{"name": name, "verbs": verbs} for name in self.subresources]}

    def list(self, path: str, *, labels: str = "") -> list[dict[str, Any]]:
        self._answer()
        if path == BUDGETS:
            return deepcopy(self.budgets)
        assert (path, labels) == (PODS, "app=api")
        return deepcopy(self.pods)

    def patch(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self._answer()
        name = path.removeprefix(PODS + "/").removesuffix("/resize")
        (ours,) = (each for each in self.pods if each["metadata"]["name"] == name)
        if body["metadata"]["resourceVersion"] != ours["metadata"]["resourceVersion"]:
            raise Unavailable("kubernetes", "HTTP 409 the object has been modified")
        # A merge patch replaces a list; the subresource then drops all but the resources.
        for given in body["spec"]["containers"]:
            (container,) = (c for c in ours["spec"]["containers"] if c["name"] == given["name"])
            container["resources"] = given["resources"]
        self.patched.append((name, dict(body)))
        return deepcopy(ours)

    def resources(self, name: str = "api-1") -> dict[str, Any]:
        (ours,) = (each for each in self.pods if each["metadata"]["name"] == name)
        resources: dict[str, Any] = ours["spec"]["containers"][0]["resources"]
        return resources

    def _answer(self) -> None:
        if self.away:
            raise Unavailable("kubernetes", "connection refused")


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
