"""Applies recommendations to the pods of a namespace in place: a ``Resizing``.

At most one pod in a step, of whichever workload comes next. What an autoscaler decides the replicas
by is left alone, because more of it would change the replicas, and both would chase each other.

It needs to list pods, horizontalpodautoscalers and poddisruptionbudgets, and to patch pods/resize.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from scaler.adapters.kubernetes.resize import CPU, MEMORY, Outcome, Resizer, Server, has_resize
from scaler.core.resources import Recommendation
from scaler.records import Container, Resized, Unavailable

__all__ = ["InPlace"]

log = structlog.get_logger()
# What pods are named after their workload by (infra.kubernetes.names).
LABEL = "app.kubernetes.io/name"


class InPlace:
    """Used by one thread."""

    def __init__(self, server: Server, *, namespace: str, label: str = LABEL) -> None:
        """``label``: the one whose value on a pod is the name of its workload."""
        self._server, self._namespace, self._label = server, namespace, label
        self._resizers: dict[tuple[str, tuple[str, ...]], Resizer] = {}
        self._failures: dict[str, str] = {}
        self._last = ""
        self._is_able: bool | None = None

    def step(
        self,
        found: Mapping[Container, Recommendation],
        *,
        used_memory: Mapping[tuple[Container, str], float],
        now: datetime,
    ) -> Resized | None:
        try:
            if self._is_able is None:
                self._is_able = has_resize(self._server)
            if not self._is_able:
                return None
            deciding = self._deciding()
        except Unavailable as error:
            self._say("", Outcome(pod="", said=error.detail, is_failure=True))
            return None
        for workload in self._in_turn({container.workload for container in found}):
            resources = tuple(r for r in (CPU, MEMORY) if r not in deciding.get(workload, ()))
            if not resources:
                continue
            outcome = self._resizer(workload, resources).step(
                {c.name: one for c, one in found.items() if c.workload == workload},
                used_memory={
                    (instance, container.name): size
                    for (container, instance), size in used_memory.items()
                    if container.workload == workload
                },
                now=now,
            )
            self._say(workload, outcome)
            if outcome.pod:
                self._last = workload
                return Resized(workload=workload, sentence=outcome.said)
        return None

    def _say(self, workload: str, outcome: Outcome) -> None:
        """Log a failure when it is news: the same one comes back every minute."""
        said = outcome.said if outcome.is_failure else ""
        if said and said != self._failures.get(workload):
            log.warning("not resized", workload=workload, said=said)
        self._failures[workload] = said

    def _in_turn(self, workloads: set[str]) -> Sequence[str]:
        """By name, beginning behind the one that had its turn last."""
        names = sorted(workloads)
        return [n for n in names if n > self._last] + [n for n in names if n <= self._last]

    def _resizer(self, workload: str, resources: tuple[str, ...]) -> Resizer:
        key = workload, resources
        if key not in self._resizers:
            self._resizers[key] = Resizer(
                self._server,
                namespace=self._namespace,
                labels=f"{self._label}={workload}",
                resources=resources,
            )
        return self._resizers[key]

    def _deciding(self) -> dict[str, set[str]]:
        """By workload, the resources whose use decides its replicas."""
        path = f"/apis/autoscaling/v2/namespaces/{self._namespace}/horizontalpodautoscalers"
        deciding: dict[str, set[str]] = {}
        for autoscaler in self._server.list(path):
            spec = autoscaler.get("spec") or {}
            name = (spec.get("scaleTargetRef") or {}).get("name")
            for metric in spec.get("metrics") or ():
                source = metric.get("resource") or metric.get("containerResource") or {}
                if name and source.get("name"):
                    deciding.setdefault(str(name), set()).add(str(source["name"]))
        return deciding
