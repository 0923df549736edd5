"""Gives running pods the resources that are recommended for them, in place, one pod at a time.

A pod is resized through its ``resize`` subresource, so nothing is evicted. What is done is small
and can be taken back: one pod of a workload in so many minutes, only where the request lies outside
of the recommended bounds, never memory below what is in use, never a change of the QoS class, and a
container that has to be started anew for it only where its disruption budget allows one.

Not promised: that a new pod starts with what its neighbours were given; its template is not ours.

Source: Kubernetes documentation, "Resize CPU and Memory Resources assigned to Containers"; the
bounds decide as in kubernetes/autoscaler, vertical-pod-autoscaler, updater.
"""

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from kubernetes.utils.quantity import parse_quantity

from scaler.core.resources import MEBI, Bounds, Recommendation, limit_for
from scaler.records import Unavailable

__all__ = ["Outcome", "Resizer", "Server", "has_resize", "planned"]

CPU, MEMORY = "cpu", "memory"
# Memory keeps so much more than is in use, or the next moment ends the container.
HEADROOM = 1.15
BETWEEN = timedelta(minutes=5)
# What the node cannot give is taken back, and not tried again for so long.
PATIENCE = timedelta(minutes=5)
AFTER_REFUSAL = timedelta(hours=1)
RESIZABLE = frozenset({"Guaranteed", "Burstable"})

Manifest = dict[str, Any]


class Server(Protocol):
    """What is needed of an API server: plain JSON, ``Unavailable`` for all that goes wrong."""

    def get(self, path: str) -> Manifest: ...

    def list(self, path: str, *, labels: str = "") -> Sequence[Manifest]: ...

    def patch(self, path: str, body: Mapping[str, Any]) -> Manifest:
        """A JSON merge patch."""
        ...


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a step did.

    Attributes:
        pod: the one that was changed, "" where none was.
        said: a sentence.
        is_failure: the API server did not answer, or refused.
    """

    pod: str
    said: str
    is_failure: bool = False


def has_resize(server: Server) -> bool:
    """Whether the cluster can resize pods in place.

    Raises:
        Unavailable: the API server does not say.
    """
    found = server.get("/api/v1").get("resources") or ()
    return any(
        each.get("name") == "pods/resize" and "patch" in (each.get("verbs") or ()) for each in found
    )


class Resizer:
    """Resizes the pods of one workload; used by one thread."""

    def __init__(
        self,
        server: Server,
        *,
        namespace: str,
        labels: str,
        resources: Sequence[str] = (CPU, MEMORY),
        between: timedelta = BETWEEN,
    ) -> None:
        """``resources``: without those whose use decides the replicas; both would chase each other.

        ``labels``: the label selector of the workload's pods.
        """
        self._server, self._namespace, self._labels = server, namespace, labels
        self._resources = tuple(resources)
        self._between = between
        self._not_before: datetime | None = None

    def step(
        self,
        found: Mapping[str, Recommendation],
        *,
        used_memory: Mapping[tuple[str, str], float],
        now: datetime,
    ) -> Outcome:
        """Resize at most one pod.

        Args:
            found: by container.
            used_memory: bytes in use, by pod and container; without it memory is not taken away.
        """
        try:
            pods = self._server.list(self._path(), labels=self._labels)
            return self._step(pods, found, used_memory, now)
        except Unavailable as error:
            said = f"Nothing was resized: {error.detail}."
            return Outcome(pod="", said=said, is_failure=True)

    def _step(
        self,
        pods: Sequence[Manifest],
        found: Mapping[str, Recommendation],
        used_memory: Mapping[tuple[str, str], float],
        now: datetime,
    ) -> Outcome:
        for pod in pods:
            if (pending := _pending(pod)) is not None:
                return self._await(pod, pending, now)
        if self._not_before is not None and now < self._not_before:
            return Outcome(pod="", said="The last resize was too short a time ago.")
        for pod in sorted(pods, key=_name):
            # A node that cannot resize does not say what its containers run with.
            if not _is_steady(pod) or _granted(pod) is None:
                continue
            used = {c: size for (name, c), size in used_memory.items() if name == _name(pod)}
            containers = planned(pod, found, used_memory=used, resources=self._resources)
            if containers is None:
                continue
            if _restarts(pod, containers) and not self._may_disrupt(pod, pods):
                continue
            self._patch(pod, containers)
            self._not_before = now + self._between
            return Outcome(pod=_name(pod), said=f"{_name(pod)}: {_change(pod, containers)}.")
        return Outcome(pod="", said="All pods have what is recommended, or cannot be resized now.")

    def _await(self, pod: Manifest, pending: Manifest, now: datetime) -> Outcome:
        """Wait for a resize that is under way; take back one that the node cannot grant."""
        name, reason = _name(pod), str(pending.get("reason") or "")
        since = _time(pending.get("lastTransitionTime"))
        is_stuck = reason == "Deferred" and since is not None and now - since >= PATIENCE
        if reason != "Infeasible" and not is_stuck:
            return Outcome(pod="", said=f"{name} is being resized.")
        granted = _granted(pod)
        if granted is None:
            return Outcome(pod="", said=f"{name} cannot be resized, and what it has is not known.")
        self._patch(pod, granted)
        self._not_before = now + AFTER_REFUSAL
        return Outcome(pod=name, said=f"{name} was given back what it had: its node has no more.")

    def _may_disrupt(self, pod: Manifest, pods: Sequence[Manifest]) -> bool:
        """Whether a container may start anew: no other is away, and every budget allows one."""
        if len(pods) < 2 or not all(_is_steady(each) for each in pods):
            return False
        path = f"/apis/policy/v1/namespaces/{self._namespace}/poddisruptionbudgets"
        labels = (pod.get("metadata") or {}).get("labels") or {}
        budgets = [b for b in self._server.list(path) if _covers(b, labels)]
        return all((b.get("status") or {}).get("disruptionsAllowed", 0) >= 1 for b in budgets)

    def _patch(self, pod: Manifest, containers: list[Manifest]) -> None:
        # With the version that was read: whoever changed the pod since was right.
        version = pod["metadata"].get("resourceVersion")
        body = {"metadata": {"resourceVersion": version}, "spec": {"containers": containers}}
        self._server.patch(f"{self._path()}/{_name(pod)}/resize", body)

    def _path(self) -> str:
        return f"/api/v1/namespaces/{self._namespace}/pods"


def planned(
    pod: Manifest,
    found: Mapping[str, Recommendation],
    *,
    used_memory: Mapping[str, float],
    resources: Sequence[str] = (CPU, MEMORY),
) -> list[Manifest] | None:
    """The containers of a pod with the resources they should have.

    Args:
        found: by container; a container without one stays as it is.
        used_memory: bytes in use, by container.
    Returns:
        ``None`` where nothing has to change, or nothing may.
    """
    if (pod.get("status") or {}).get("qosClass") not in RESIZABLE:
        return None
    before: list[Manifest] = (pod.get("spec") or {}).get("containers") or []
    after = deepcopy(before)
    for container in after:
        recommended = found.get(str(container.get("name")))
        if recommended is None:
            continue
        given = container.get("resources") or {}
        changed = deepcopy(given)
        if CPU in resources:
            _fit(changed, CPU, recommended.cpu, floor=0)
        if MEMORY in resources:
            used = used_memory.get(str(container.get("name")))
            _fit(changed, MEMORY, recommended.memory, floor=_least(given, used))
        if changed != given:
            container["resources"] = changed
    return after if after != before else None


def _fit(given: Manifest, resource: str, bounds: Bounds, *, floor: float) -> None:
    """Give one resource its target where it lies outside of the bounds, and keep the QoS class.

    What asks for nothing, or for all that it may use, goes on to do so; a limit keeps its
    proportion to the request.
    """
    requests, limits = given.get("requests") or {}, given.get("limits") or {}
    if resource not in requests:
        return
    request = _amount(requests[resource], resource)
    if request < bounds.lower:
        target = max(bounds.target, math.ceil(floor))
    elif bounds.upper is not None and request > bounds.upper:
        target = min(max(bounds.target, math.ceil(floor)), request)
    else:
        return
    if target == request:
        return
    given["requests"] = {**requests, resource: _quantity(target, resource)}
    limit = _amount(limits[resource], resource) if resource in limits else 0
    scaled = limit_for(target, request=request, limit=limit)
    if scaled is None:
        return
    if limit != request:
        # However it is rounded, a limit that was above the request stays above it.
        scaled = max(scaled, target + (1 if resource == CPU else MEBI), math.ceil(floor))
    given["limits"] = {**limits, resource: _quantity(scaled, resource)}


def _least(given: Manifest, used: float | None) -> float:
    """Memory that a container keeps: more than it uses, or all where that is not known."""
    if used is not None:
        return used * HEADROOM
    requests = given.get("requests") or {}
    return _amount(requests[MEMORY], MEMORY) if MEMORY in requests else 0.0


def _granted(pod: Manifest) -> list[Manifest] | None:
    """The containers of a pod with the resources that they run with."""
    statuses = {
        each.get("name"): each.get("resources")
        for each in (pod.get("status") or {}).get("containerStatuses") or ()
    }
    containers = deepcopy((pod.get("spec") or {}).get("containers") or [])
    for container in containers:
        resources = statuses.get(container.get("name"))
        if not resources:
            return None
        container["resources"] = {**(container.get("resources") or {}), **resources}
    return containers


def _pending(pod: Manifest) -> Manifest | None:
    """The condition of a resize that has not ended."""
    for each in (pod.get("status") or {}).get("conditions") or ():
        if each.get("type") in {"PodResizePending", "PodResizeInProgress"} and (
            each.get("status") == "True"
        ):
            return dict(each)
    return None


def _is_steady(pod: Manifest) -> bool:
    """Whether a pod runs, is ready, and is not on its way out."""
    status, metadata = pod.get("status") or {}, pod.get("metadata") or {}
    is_ready = any(
        each.get("type") == "Ready" and each.get("status") == "True"
        for each in status.get("conditions") or ()
    )
    return is_ready and status.get("phase") == "Running" and not metadata.get("deletionTimestamp")


def _restarts(pod: Manifest, after: Sequence[Manifest]) -> bool:
    """Whether a container has to be started anew for what changes."""
    before = {each.get("name"): each for each in pod["spec"]["containers"]}
    for container in after:
        old = before[container.get("name")].get("resources") or {}
        new = container.get("resources") or {}
        changed = {
            resource
            for part in ("requests", "limits")
            for resource in (CPU, MEMORY)
            if (old.get(part) or {}).get(resource) != (new.get(part) or {}).get(resource)
        }
        for policy in container.get("resizePolicy") or ():
            is_asked = policy.get("restartPolicy") == "RestartContainer"
            if is_asked and policy.get("resourceName") in changed:
                return True
    return False


def _covers(budget: Manifest, labels: Mapping[str, str]) -> bool:
    """Whether a budget selects a pod; one with expressions is taken to, which is the careful way.

    An empty selector selects every pod of the namespace; a budget without one selects none.
    """
    selector = (budget.get("spec") or {}).get("selector")
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(name) == value for name, value in wanted.items())


def _change(pod: Manifest, after: Sequence[Manifest]) -> str:
    """What changes, for a log line: "api cpu 200m to 587m"."""
    before = {each.get("name"): each for each in pod["spec"]["containers"]}
    parts = []
    for container in after:
        old = (before[container.get("name")].get("resources") or {}).get("requests") or {}
        new = (container.get("resources") or {}).get("requests") or {}
        parts += [
            f"{container.get('name')} {resource} {old.get(resource)} to {new[resource]}"
            for resource in (CPU, MEMORY)
            if new.get(resource) != old.get(resource)
        ]
    return ", ".join(parts)


def _amount(quantity: Any, resource: str) -> int:
    """Millicores or bytes."""
    value: Decimal = parse_quantity(quantity)  # type: ignore[no-untyped-call] # has no types
    return math.ceil(value * 1_000 if resource == CPU else value)


def _quantity(amount: int, resource: str) -> str:
    return f"{amount}m" if resource == CPU else f"{math.ceil(amount / MEBI)}Mi"


def _name(pod: Manifest) -> str:
    return str((pod.get("metadata") or {}).get("name") or "")


def _time(text: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else None
