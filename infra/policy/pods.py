"""Rules over single pods, beyond Pod Security: files, resources, names, priority, identity."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from infra.policy.manifests import Container, Pod, dig, entries, mapping
from infra.policy.pod_rule import container_rule, in_container, in_pod, pod_rule
from infra.policy.quantities import quantity
from infra.policy.rule import Violation

__all__ = ["RULES"]

NEEDED = (("requests", "cpu"), ("requests", "memory"), ("limits", "memory"))
LABELS = ("app.kubernetes.io/name", "app.kubernetes.io/part-of")


@container_rule(
    "pod-read-only-root",
    meaning="A container's own files cannot be changed; what it writes goes to a volume.",
    remedy="Set securityContext.readOnlyRootFilesystem to true and mount an emptyDir to write to.",
)
def read_only_root(container: Container) -> Iterator[Violation]:
    field = ("securityContext", "readOnlyRootFilesystem")
    if (found := dig(container.spec, *field)) is not True:
        yield in_container(container, ".".join(field), found, "true")


@container_rule(
    "pod-resources",
    meaning="The scheduler knows what a container needs, and no leak takes a node's memory.",
    remedy="Set requests for CPU and memory, and a limit for memory.",
)
def resources(container: Container) -> Iterator[Violation]:
    for group, name in NEEDED:
        found = dig(container.spec, "resources", group, name)
        if found is None or quantity(found) == 0:
            yield in_container(container, f"resources.{group}.{name}", found, "above 0")


@container_rule(
    "pod-request-within-limit",
    meaning="No request is above its limit; the API server refuses such a pod.",
    remedy="Raise the limit or lower the request.",
)
def request_within_limit(container: Container) -> Iterator[Violation]:
    limits = mapping(dig(container.spec, "resources", "limits"))
    for name, request in mapping(dig(container.spec, "resources", "requests")).items():
        asked, most = quantity(request), quantity(limits.get(name))
        if asked is not None and most is not None and asked > most:
            field = f"resources.requests.{name}"
            yield in_container(container, field, request, f"at most the limit, {limits[name]}")


@pod_rule(
    "pod-priority",
    meaning="It is said which pods go first when a node is short.",
    remedy="Name a priorityClassName.",
)
def priority(pod: Pod) -> Iterator[Violation]:
    if not pod.spec.get("priorityClassName"):
        yield in_pod(pod, "priorityClassName", None, "the name of a PriorityClass")


@pod_rule(
    "pod-service-account",
    meaning="Every workload has an identity of its own: what one may do, no other inherits.",
    remedy="Name a ServiceAccount of the workload.",
)
def service_account(pod: Pod) -> Iterator[Violation]:
    found = pod.spec.get("serviceAccountName")
    if found in (None, "", "default"):
        yield in_pod(pod, "serviceAccountName", found, "a ServiceAccount other than default")


@pod_rule(
    "pod-labels",
    meaning="Every pod says which workload it is and what that is part of.",
    remedy="Label the pod template.",
)
def labels(pod: Pod) -> Iterator[Violation]:
    prefix = f"{pod.template}.metadata" if pod.template else "metadata"
    for name in LABELS:
        if not (found := pod.labels.get(name)):
            yield Violation(pod.manifest, f"{prefix}.labels[{name}]", found, "a name")


@pod_rule(
    "pod-unique-names",
    meaning="Containers, volumes, ports, variables and mount paths are each named once in their "
    "pod: server-side apply merges lists by these names.",
    remedy="Rename or remove one of the two.",
)
def unique_names(pod: Pod) -> Iterator[Violation]:
    containers = [(container.path, container.spec) for container in pod.containers()]
    yield from _twice(pod, containers, "name")
    volumes = [(f"{pod.path}.{path}", volume) for path, volume in entries(pod.spec, "volumes")]
    yield from _twice(pod, volumes, "name")
    for group, key in (("env", "name"), ("volumeMounts", "mountPath")):
        for where, spec in containers:
            inner = [(f"{where}.{path}", item) for path, item in entries(spec, group)]
            yield from _twice(pod, inner, key)
    ports = [
        (f"{where}.{path}", port)
        for where, spec in containers
        for path, port in entries(spec, "ports")
        if port.get("name")
    ]
    yield from _twice(pod, ports, "name")


RULES = (
    read_only_root,
    resources,
    request_within_limit,
    priority,
    service_account,
    labels,
    unique_names,
)


def _twice(pod: Pod, items: list[tuple[str, Any]], key: str) -> Iterator[Violation]:
    counts = Counter(str(item.get(key)) for _, item in items)
    for where, item in items:
        if counts[str(item.get(key))] > 1:
            yield Violation(pod.manifest, f"{where}.{key}", item.get(key), "used once")
            counts[str(item.get(key))] = 0  # said once for all of them
