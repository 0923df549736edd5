"""Rules about who decides on replicas and resources: one writer for each, and room to evict."""

from collections.abc import Iterator
from typing import Any

from infra.policy.inventory import Inventory, selects
from infra.policy.manifests import (
    CONTROLLERS,
    Manifest,
    Pod,
    dig,
    entries,
    kind_of,
    mapping,
    namespace_of,
    resource_name,
)
from infra.policy.pod_rule import in_pod
from infra.policy.quantities import percent
from infra.policy.rule import Violation, set_rule

__all__ = ["RULES"]

SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
MEASURED = ("cpu", "memory")
# Field of the least and of the most replicas, with what holds where they are absent.
BOUNDS = {
    "HorizontalPodAutoscaler": (("minReplicas", 1), ("maxReplicas", 1)),
    "ScaledObject": (("minReplicaCount", 0), ("maxReplicaCount", 100)),
}


@set_rule(
    "scale-replicas",
    meaning="What is scaled leaves its replicas to the scaler: each update would reset them.",
    remedy="Leave spec.replicas out.",
)
def replicas(inventory: Inventory) -> Iterator[Violation]:
    for scaler in inventory.kinds(*SCALERS):
        target = _target(inventory, scaler)
        if target is not None and (found := dig(target, "spec", "replicas")) is not None:
            allowed = f"absent, since {resource_name(scaler)} decides"
            yield Violation(target, "spec.replicas", found, allowed)


@set_rule(
    "scale-one-writer",
    meaning="One autoscaler decides on the replicas of a workload: two would fight.",
    remedy="Remove one; a ScaledObject takes many triggers.",
)
def one_writer(inventory: Inventory) -> Iterator[Violation]:
    writers: dict[int, Manifest] = {}
    for scaler in inventory.kinds(*SCALERS):
        target = _target(inventory, scaler)
        if target is None:
            continue
        first = writers.setdefault(id(target), scaler)
        if first is not scaler:
            found = dig(scaler, "spec", "scaleTargetRef", "name")
            allowed = f"a workload that {resource_name(first)} does not scale"
            yield Violation(scaler, "spec.scaleTargetRef.name", found, allowed)


@set_rule(
    "scale-bounds",
    meaning="The least replicas of an autoscaler are at most the most.",
    remedy="Raise the maximum or lower the minimum.",
)
def bounds(inventory: Inventory) -> Iterator[Violation]:
    for scaler in inventory.kinds(*SCALERS):
        (low_field, _), (high_field, _) = BOUNDS[kind_of(scaler)]
        low, high = _bounds(scaler)
        if low > high:
            allowed = f"at most {high_field}, {high}"
            yield Violation(scaler, f"spec.{low_field}", low, allowed)


@set_rule(
    "scale-vertical",
    meaning="Of one resource either the replicas follow its use or its size does, never both: "
    "a VPA that updates pods leaves CPU or memory to an autoscaler that measures it.",
    remedy="Set updateMode to Off, or name the other resource in controlledResources.",
)
def vertical(inventory: Inventory) -> Iterator[Violation]:
    for vpa in inventory.kinds("VerticalPodAutoscaler"):
        mode = dig(vpa, "spec", "updatePolicy", "updateMode")  # absent, it updates
        target = _target(inventory, vpa, "targetRef")
        if mode == "Off" or target is None:
            continue
        for scaler in inventory.kinds(*SCALERS):
            both = sorted(_controlled(vpa) & _measured(scaler))
            if both and _target(inventory, scaler) is target:
                allowed = f"Off, since {resource_name(scaler)} measures {' and '.join(both)}"
                yield Violation(vpa, "spec.updatePolicy.updateMode", mode, allowed)


@set_rule(
    "scale-spread",
    meaning="Where there can be more than one replica, they are not all on one node.",
    remedy="Give the pod template topologySpreadConstraints that select its own labels.",
)
def spread(inventory: Inventory) -> Iterator[Violation]:
    for pod in inventory.pods:
        if kind_of(pod.manifest) == "DaemonSet" or _most_replicas(inventory, pod.manifest) < 2:
            continue
        constraints = list(entries(pod.spec, "topologySpreadConstraints"))
        if not any(_spreads(each, pod) for _, each in constraints):
            found = pod.spec.get("topologySpreadConstraints")
            yield in_pod(pod, "topologySpreadConstraints", found, "one that selects this pod")


@set_rule(
    "budget-leaves-room",
    meaning="A PodDisruptionBudget lets at least one pod go, else no node can be drained.",
    remedy="Set maxUnavailable to 1.",
)
def leaves_room(inventory: Inventory) -> Iterator[Violation]:
    for budget in inventory.kinds("PodDisruptionBudget"):
        for pod in inventory.selected(namespace_of(budget), dig(budget, "spec", "selector")):
            least = _least_replicas(inventory, pod.manifest)
            for field in ("minAvailable", "maxUnavailable"):
                value = dig(budget, "spec", field)
                if value is not None and not _has_room(field, value, least):
                    name = resource_name(pod.manifest)
                    allowed = f"an eviction while {name} has {least} replicas"
                    yield Violation(budget, f"spec.{field}", value, allowed)


@set_rule(
    "budget-one",
    meaning="At most one PodDisruptionBudget holds for a pod: with two the API refuses evictions.",
    remedy="Remove one of them.",
)
def one_budget(inventory: Inventory) -> Iterator[Violation]:
    holds: dict[int, Manifest] = {}
    for budget in inventory.kinds("PodDisruptionBudget"):
        selector = dig(budget, "spec", "selector")
        for pod in inventory.selected(namespace_of(budget), selector):
            first = holds.setdefault(id(pod.manifest), budget)
            if first is not budget:
                allowed = f"pods that {resource_name(first)} does not select"
                yield Violation(budget, "spec.selector", selector, allowed)


RULES = (replicas, one_writer, bounds, vertical, spread, leaves_room, one_budget)


def _target(
    inventory: Inventory, scaler: Manifest, field: str = "scaleTargetRef"
) -> Manifest | None:
    reference = mapping(dig(scaler, "spec", field))
    kind, name = reference.get("kind", "Deployment"), reference.get("name")
    return inventory.get(kind, namespace_of(scaler), name)


def _bounds(scaler: Manifest) -> tuple[int, int]:
    low, high = (
        found if isinstance(found := dig(scaler, "spec", field), int) else default
        for field, default in BOUNDS[kind_of(scaler)]
    )
    return low, high


def _scaler_of(inventory: Inventory, workload: Manifest) -> Manifest | None:
    scalers = inventory.kinds(*SCALERS)
    return next((each for each in scalers if _target(inventory, each) is workload), None)


def _least_replicas(inventory: Inventory, workload: Manifest) -> int:
    scaler = _scaler_of(inventory, workload)
    found = dig(workload, "spec", "replicas")
    return _bounds(scaler)[0] if scaler else (found if isinstance(found, int) else 1)


def _most_replicas(inventory: Inventory, workload: Manifest) -> int:
    if kind_of(workload) not in CONTROLLERS:
        return 1
    scaler = _scaler_of(inventory, workload)
    return _bounds(scaler)[1] if scaler else _least_replicas(inventory, workload)


def _spreads(constraint: Any, pod: Pod) -> bool:
    selector = dig(constraint, "labelSelector")
    return bool(dig(selector, "matchLabels")) and selects(selector, pod.labels)


def _has_room(field: str, value: Any, replicas: int) -> bool:
    """Whether a pod may go while there are so many; a percentage is rounded up, as the API does."""
    share = percent(value)
    count = -int(-share * replicas // 1) if share is not None else value
    if not isinstance(count, int):
        return True
    # Scaled to zero counts as one: the first replica must be free to move.
    return count >= 1 if field == "maxUnavailable" else count < max(replicas, 1)


def _controlled(vpa: Manifest) -> set[str]:
    policies = [each for _, each in entries(vpa, "spec", "resourcePolicy", "containerPolicies")]
    active = [each for each in policies if each.get("mode") != "Off"]
    if policies and not active:
        return set()
    named = [each.get("controlledResources", MEASURED) for each in active] or [MEASURED]
    return {name for names in named for name in names}


def _measured(scaler: Manifest) -> set[str]:
    """Which of CPU and memory an autoscaler follows."""
    metrics = [each for _, each in entries(scaler, "spec", "metrics")]
    names = [
        dig(each, kind, "name") for each in metrics for kind in ("resource", "containerResource")
    ]
    names += [each.get("type") for _, each in entries(scaler, "spec", "triggers")]
    return {name for name in names if name in MEASURED}
