"""An API server by hand that resizes as the real one does: resources, and nothing else."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scaler.core.resources import MEBI, Bounds, Recommendation
from scaler.records import Unavailable

__all__ = ["NOW", "USED", "FakeServer", "found", "pending", "pod"]

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
PODS = "/api/v1/namespaces/shop/pods"
AUTOSCALERS = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers"
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
    made["metadata"]["labels"] |= changes.pop("labels", {})
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
    autoscalers: list[dict[str, Any]] = field(default_factory=list)
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
        if path == AUTOSCALERS:
            return deepcopy(self.autoscalers)
        assert path == PODS
        name, _, value = labels.partition("=")
        return [deepcopy(p) for p in self.pods if p["metadata"]["labels"].get(name) == value]

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
