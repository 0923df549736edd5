"""When an object is ready, by kind, as the official plugin waits for it.

Rules are functions of the live object and, where they need them, of other objects that ``find``
looks up.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tests.kubernetes_provider.manifest import (
    Manifest,
    annotation,
    is_true,
    name_of,
    namespace_of,
)

__all__ = ["READY", "Find", "Readiness", "readiness"]

WAIT_FOR = "pulumi.com/waitFor"


class Find(Protocol):
    """Looks objects up, as ``Client.list``."""

    def __call__(
        self, api_version: str, kind: str, namespace: str | None = None, *, labels: str = ""
    ) -> Sequence[Manifest]: ...


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """Whether an object is ready; if not, why, and whether waiting on is of no use."""

    ready: bool = False
    failed: bool = False
    reason: str = ""


READY = Readiness(ready=True)

Rule = Callable[[Manifest, Find], Readiness]


def readiness(live: Manifest, find: Find) -> Readiness:
    """How far an object is; annotations come before the rules for its kind."""
    if is_true(live, "pulumi.com/skipAwait"):
        return READY
    if wanted := annotation(live, WAIT_FOR):
        return _awaited(live, wanted)
    rule = RULES.get((live["apiVersion"], live["kind"]))
    return rule(live, find) if rule else READY


def _deployment(live: Manifest, find: Find) -> Readiness:
    if _is_stale(live):
        return Readiness(reason="the controller has not seen it yet")
    progressing, available = _condition(live, "Progressing"), _condition(live, "Available")
    # The first revision only has to be available; a later one has to take the earlier one's place.
    rolled = progressing.get("reason") == "NewReplicaSetAvailable"
    first = annotation(live, "deployment.kubernetes.io/revision") == "1"
    wanted = live["spec"].get("replicas", 1)
    updated, ready = _count(live, "updatedReplicas"), _count(live, "availableReplicas")
    if _holds(available) and (first or rolled) and updated >= wanted and ready >= wanted:
        return READY
    words = [_words(one) for one in (progressing, available) if one and not _holds(one)]
    counts = f"{updated} of {wanted} replicas are up to date, {ready} available"
    return Readiness(reason="; ".join([counts, *words]))


def _stateful_set(live: Manifest, find: Find) -> Readiness:
    if _is_stale(live):
        return Readiness(reason="the controller has not seen it yet")
    wanted, status = live["spec"].get("replicas", 1), live["status"]
    ready = _count(live, "readyReplicas")
    same = status.get("currentRevision") == status.get("updateRevision")
    if ready == wanted == _count(live, "replicas") and same:
        return READY
    return Readiness(reason=f"{ready} of {wanted} replicas are ready")


def _job(live: Manifest, find: Find) -> Readiness:
    if _holds(failed := _condition(live, "Failed")):
        return Readiness(failed=True, reason=_words(failed))
    if _holds(_condition(live, "Complete")):
        return READY
    counts = ", ".join(
        f"{name}: {_count(live, name)}" for name in ("active", "succeeded", "failed")
    )
    return Readiness(reason=f"waiting for the Job to succeed ({counts})")


def _claim(live: Manifest, find: Find) -> Readiness:
    phase = (live.get("status") or {}).get("phase")
    if phase == "Bound":
        return READY
    wanted = live["spec"].get("storageClassName")
    modes = {
        name_of(one): one.get("volumeBindingMode")
        for one in find("storage.k8s.io/v1", "StorageClass")
    }
    # It stays pending until a pod asks for it, and that pod may well come after it.
    if phase == "Pending" and modes.get(wanted) == "WaitForFirstConsumer":
        return READY
    return Readiness(reason=f"the claim is {phase or 'new'}, not bound")


def _service(live: Manifest, find: Find) -> Readiness:
    spec = live["spec"]
    balancer = ((live.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    if spec.get("type") == "LoadBalancer" and not balancer:
        return Readiness(reason="it was not allocated an address")
    headless = spec.get("clusterIP") == "None"
    if headless or spec.get("type") == "ExternalName" or not spec.get("selector"):
        return READY
    slices = find(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        namespace_of(live),
        labels=f"kubernetes.io/service-name={name_of(live)}",
    )
    endpoints = [one for each in slices for one in each.get("endpoints") or []]
    if slices and all(_serves(one) for one in endpoints):
        return READY
    return Readiness(reason="selected Pods are not ready, or `.spec.selector` matches none")


def _serves(endpoint: Manifest) -> bool:
    # Not said is ready: documentation of EndpointConditions.
    return (endpoint.get("conditions") or {}).get("ready") is not False


RULES: dict[tuple[str, str], Rule] = {
    ("apps/v1", "Deployment"): _deployment,
    ("apps/v1", "StatefulSet"): _stateful_set,
    ("batch/v1", "Job"): _job,
    ("v1", "PersistentVolumeClaim"): _claim,
    ("v1", "Service"): _service,
}


def _awaited(live: Manifest, wanted: str) -> Readiness:
    """The conditions that ``pulumi.com/waitFor`` names: one, or a JSON list of them."""
    conditions = json.loads(wanted) if wanted.lstrip().startswith("[") else [wanted]
    for each in conditions:
        scheme, _, expression = each.partition("=")
        if scheme == "condition":
            kind, _, status = expression.partition("=")
            holds = _condition(live, kind).get("status") == (status or "True")
        elif scheme == "jsonpath":
            path, _, value = expression.partition("=")
            found = _at(live, path)
            holds = str(found) == value if value else found is not None
        else:
            raise ValueError(f"{WAIT_FOR}: found {each!r}, allowed: condition=..., jsonpath=...")
        if not holds:
            return Readiness(reason=f"waiting for {each}")
    return READY


def _at(found: Any, path: str) -> Any:
    """The value at a path such as ``{.status.phase}``."""
    for key in path.strip("{}").strip(".").split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _is_stale(live: Manifest) -> bool:
    observed = (live.get("status") or {}).get("observedGeneration", 0)
    return bool(observed < live["metadata"].get("generation", 1))


def _condition(live: Manifest, kind: str) -> Manifest:
    conditions = (live.get("status") or {}).get("conditions") or []
    return next((one for one in conditions if one["type"] == kind), {})


def _holds(condition: Manifest) -> bool:
    return condition.get("status") == "True"


def _words(condition: Manifest) -> str:
    return f"[{condition.get('reason', '')}] {condition.get('message', '')}".strip()


def _count(live: Manifest, name: str) -> int:
    return int((live.get("status") or {}).get(name) or 0)
