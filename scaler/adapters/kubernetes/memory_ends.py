"""Which containers of a namespace were ended for want of memory, by the status of their pods.

The kubelet's counter (container_oom_events_total) cannot tell: it goes with the container that it
counts of (google/cadvisor, issue 3015). So what the VPA's recommender looks at is looked at here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scaler.adapters.kubernetes.api import Api, Manifest, path_of
from scaler.adapters.kubernetes.objects import dig, name_of, time_of
from scaler.records import Container, Usage

__all__ = ["PodMemoryEnds"]

REASON = "OOMKilled"


class PodMemoryEnds:
    """``MemoryEnds``, of all pods; a container is named after its workload."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def last_ends(self) -> list[Usage]:
        pods = self._api.list(path_of("v1", "pods", self._api.namespace))
        return [usage for pod in pods for usage in _ends(pod)]


def _ends(pod: Manifest) -> Iterator[Usage]:
    for status in dig(pod, "status", "containerStatuses") or ():
        name = str(dig(status, "name") or "")
        if name:
            ended = max(_ended_s(dig(status, part)) for part in ("state", "lastState"))
            container = Container(workload=name, name=name)
            yield Usage(container=container, instance=name_of(pod), value=ended)


def _ended_s(state: Mapping[str, Any] | None) -> float:
    ended = dig(state, "terminated")
    at = time_of(dig(ended, "finishedAt"))
    return at.timestamp() if at and dig(ended, "reason") == REASON else 0.0
