"""Rules over a pod's life: how it is known to have started, to be ready, to hang, and how it ends.

The annotation `DRAIN` on a pod template says how long its process takes to end what it has begun.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from infra.policy.manifests import LONG_RUNNING, Container, Pod, dig, kind_of, mapping, words
from infra.policy.pod_rule import container_rule, in_container, in_pod, pod_rule
from infra.policy.quantities import seconds
from infra.policy.rule import Violation

__all__ = ["DRAIN", "RULES"]

DRAIN = "autoserve.io/drain-seconds"
GRACE_S = 30  # the API's default
HANDLERS = ("httpGet", "tcpSocket", "exec", "grpc")


@container_rule(
    "pod-readiness",
    meaning="A long-running container says when it may get work.",
    remedy="Give it a readinessProbe.",
)
def readiness(container: Container) -> Iterator[Violation]:
    yield from _needs(container, "readinessProbe")


@container_rule(
    "pod-startup",
    meaning="A long-running container says when it has started: a slow start is no failure.",
    remedy="Give it a startupProbe.",
)
def startup(container: Container) -> Iterator[Violation]:
    yield from _needs(container, "startupProbe")


@container_rule(
    "pod-liveness",
    meaning="Liveness asks something else than readiness, which fails with a dependency: "
    "restarting all replicas for that would be a spiral.",
    remedy="Let liveness ask the process alone, or leave it out.",
)
def liveness(container: Container) -> Iterator[Violation]:
    alive, ready = (container.spec.get(name) for name in ("livenessProbe", "readinessProbe"))
    for kind in HANDLERS:
        found = dig(alive, kind)
        if found is not None and _question(found) == _question(dig(ready, kind)):
            field = f"livenessProbe.{kind}"
            yield in_container(
                container, field, found, "something that readinessProbe does not ask"
            )


@pod_rule(
    "pod-termination",
    meaning="A replica gets the time it needs to end its work: the preStop hook and its drain fit "
    "within the grace period.",
    remedy="Raise terminationGracePeriodSeconds.",
)
def termination(pod: Pod) -> Iterator[Violation]:
    grace = pod.spec.get("terminationGracePeriodSeconds", GRACE_S)
    hooks = [_stop_s(container.spec) for container in pod.containers() if not container.is_init]
    drain_s = seconds(mapping(pod.metadata.get("annotations")).get(DRAIN, 0)) or 0.0
    needed_s = max(hooks, default=0.0) + drain_s
    if isinstance(grace, int | float) and grace <= needed_s:
        yield in_pod(pod, "terminationGracePeriodSeconds", grace, f"above {needed_s:g}")


RULES = (readiness, startup, liveness, termination)


def _needs(container: Container, probe: str) -> Iterator[Violation]:
    is_asked = not container.is_init and kind_of(container.pod.manifest) in LONG_RUNNING
    if is_asked and not any(kind in HANDLERS for kind in mapping(container.spec.get(probe))):
        yield in_container(container, probe, container.spec.get(probe), " or ".join(HANDLERS))


def _question(handler: Any) -> Any:
    """What a probe asks, with the defaults filled in."""
    if isinstance(handler, Mapping) and "port" in handler:
        return {"path": "/", "scheme": "HTTP", "service": "", **handler}
    return handler


def _stop_s(container: Mapping[str, Any]) -> float:
    """How long a preStop hook takes, as far as it can be read: its own sleep, or the command."""
    hook = dig(container, "lifecycle", "preStop")
    if (slept := dig(hook, "sleep", "seconds")) is not None:
        return seconds(slept) or 0.0
    said = " ".join(words(dig(hook, "exec", "command"))).replace(";", " ").split()
    naps = [seconds(after) for word, after in pairwise(said) if word == "sleep"]
    return sum(nap for nap in naps if nap is not None)
