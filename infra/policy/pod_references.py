"""Rules about what pods refer to: it exists in their namespace, with the key that is used."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from infra.policy.inventory import Inventory
from infra.policy.manifests import (
    Container,
    Pod,
    dig,
    entries,
    mapping,
    namespace_of,
)
from infra.policy.pod_rule import in_container, in_pod, pod_rule
from infra.policy.rule import Violation, set_rule
from infra.rendering.values import Unknown

__all__ = ["RULES"]

BUILT_IN_PRIORITIES = ("system-cluster-critical", "system-node-critical")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
PROVIDED_BY_CERTIFICATE = "Certificate"  # cert-manager writes the Secret that it names


class Use(NamedTuple):
    """One mention of a ConfigMap or Secret: where, which, and which key of it, if one."""

    field: str
    name: Any
    key_field: str = ""
    key: Any = None


@set_rule(
    "reference-config-map",
    meaning="Every ConfigMap that a pod uses exists, with the key that it uses.",
    remedy="Declare the ConfigMap, or correct the name or key.",
)
def config_map(inventory: Inventory) -> Iterator[Violation]:
    yield from _unresolved(inventory, "ConfigMap", ("data", "binaryData"))


@set_rule(
    "reference-secret",
    meaning="Every Secret that a pod uses exists, with the key that it uses.",
    remedy="Declare the Secret, or correct the name or key.",
)
def secret(inventory: Inventory) -> Iterator[Violation]:
    yield from _unresolved(inventory, "Secret", ("data", "stringData"))


@set_rule(
    "reference-claim",
    meaning="Every PersistentVolumeClaim that a pod mounts exists.",
    remedy="Declare the claim in the pod's namespace.",
)
def claim(inventory: Inventory) -> Iterator[Violation]:
    for pod in inventory.pods:
        for path, volume in entries(pod.spec, "volumes"):
            name = dig(volume, "persistentVolumeClaim", "claimName")
            yield from _missing(
                inventory,
                pod,
                f"{path}.persistentVolumeClaim.claimName",
                "PersistentVolumeClaim",
                name,
            )


@set_rule(
    "reference-service-account",
    meaning="Every ServiceAccount that a pod runs as exists.",
    remedy="Declare the ServiceAccount in the pod's namespace.",
)
def service_account(inventory: Inventory) -> Iterator[Violation]:
    for pod in inventory.pods:
        name = pod.spec.get("serviceAccountName")
        if name != "default":
            yield from _missing(inventory, pod, "serviceAccountName", "ServiceAccount", name)


@set_rule(
    "reference-priority-class",
    meaning="Every PriorityClass that a pod names exists: without it no pod is admitted.",
    remedy="Declare the PriorityClass.",
)
def priority_class(inventory: Inventory) -> Iterator[Violation]:
    known = [*inventory.names("PriorityClass"), *BUILT_IN_PRIORITIES]
    for pod in inventory.pods:
        name = pod.spec.get("priorityClassName")
        if name and name not in known:
            yield in_pod(pod, "priorityClassName", name, " or ".join(known))


@pod_rule(
    "reference-volume",
    meaning="Every volume that a container mounts is one of its pod's.",
    remedy="Declare the volume, or remove the mount.",
)
def volume(pod: Pod) -> Iterator[Violation]:
    known = [each.get("name") for _, each in entries(pod.spec, "volumes")]
    claims = entries(pod.manifest, "spec", "volumeClaimTemplates")
    known += [dig(each, "metadata", "name") for _, each in claims]
    for container in pod.containers():
        for path, mount in entries(container.spec, "volumeMounts"):
            if mount.get("name") not in known:
                allowed = " or ".join(map(str, known)) or "(the pod has no volumes)"
                yield in_container(container, f"{path}.name", mount.get("name"), allowed)


@pod_rule(
    "reference-port",
    meaning="Every port that a probe or hook asks is one that its container declares.",
    remedy="Declare the port, or correct the probe.",
)
def port(pod: Pod) -> Iterator[Violation]:
    for container in pod.containers():
        declared = _ports(container)
        for path, number in _asked_ports(container):
            if number not in declared:
                allowed = " or ".join(map(str, declared)) or "(the container declares no port)"
                yield in_container(container, path, number, allowed)


RULES = (
    config_map,
    secret,
    claim,
    service_account,
    priority_class,
    volume,
    port,
)


def _unresolved(inventory: Inventory, kind: str, groups: tuple[str, ...]) -> Iterator[Violation]:
    """Mentions of a ConfigMap or Secret that is not there, or lacks the key."""
    for pod in inventory.pods:
        for use in _uses(pod, kind):
            target = inventory.get(kind, pod.namespace, use.name)
            if target is not None:
                data = [target.get(group) for group in groups]
                keys = sorted(key for each in data for key in mapping(each))
                # Data with a generated value in it may be unknown as a whole in a preview.
                is_known = not any(isinstance(each, Unknown) for each in data)
                if use.key and use.key not in keys and is_known:
                    allowed = f"a key of {use.name} ({', '.join(keys)})"
                    yield Violation(pod.manifest, use.key_field, use.key, allowed)
            elif not (kind == "Secret" and _is_issued(inventory, pod.namespace, use.name)):
                there = " or ".join(inventory.names(kind, pod.namespace))
                allowed = there or f"a {kind} in {pod.namespace}"
                yield Violation(pod.manifest, use.field, use.name, allowed)


def _uses(pod: Pod, kind: str) -> Iterator[Use]:
    """Every mention that must resolve for the pod to start."""
    of_env, of_key = f"{kind[0].lower()}{kind[1:]}Ref", f"{kind[0].lower()}{kind[1:]}KeyRef"
    for container in pod.containers():
        for path, source in entries(container.spec, "envFrom"):
            yield from _use(source.get(of_env), f"{container.path}.{path}.{of_env}", "name")
        for path, variable in entries(container.spec, "env"):
            where = f"{container.path}.{path}.valueFrom.{of_key}"
            yield from _use(dig(variable, "valueFrom", of_key), where, "name")
    for path, found in entries(pod.spec, "volumes"):
        yield from _volume_uses(found, f"{pod.path}.{path}", kind)


def _volume_uses(volume: Any, where: str, kind: str) -> Iterator[Use]:
    field, name = ("configMap", "name") if kind == "ConfigMap" else ("secret", "secretName")
    yield from _use(volume.get(field), f"{where}.{field}", name)
    for path, source in entries(volume, "projected", "sources"):
        yield from _use(source.get(field), f"{where}.{path}.{field}", "name")


def _use(reference: Any, field: str, name: str) -> Iterator[Use]:
    reference = mapping(reference)
    if not reference or reference.get("optional"):
        return
    whole = Use(f"{field}.{name}", reference.get(name))
    if "key" in reference:
        yield whole._replace(key_field=f"{field}.key", key=reference["key"])
    elif "items" in reference:
        for path, item in entries(reference, "items"):
            yield whole._replace(key_field=f"{field}.{path}.key", key=item.get("key"))
    else:
        yield whole


def _is_issued(inventory: Inventory, namespace: str, name: Any) -> bool:
    return any(
        dig(each, "spec", "secretName") == name and namespace_of(each) == namespace
        for each in inventory.kinds(PROVIDED_BY_CERTIFICATE)
    )


def _missing(
    inventory: Inventory, pod: Pod, field: str, kind: str, name: Any
) -> Iterator[Violation]:
    if name and inventory.get(kind, pod.namespace, name) is None:
        there = " or ".join(inventory.names(kind, pod.namespace))
        yield in_pod(pod, field, name, there or f"a {kind} in {pod.namespace}")


def _ports(container: Container) -> list[Any]:
    found = [each for _, each in entries(container.spec, "ports")]
    names = [each["name"] for each in found if each.get("name")]
    return [*names, *(each.get("containerPort") for each in found)]


def _asked_ports(container: Container) -> Iterator[tuple[str, Any]]:
    hooks = [("lifecycle", "preStop"), ("lifecycle", "postStart")]
    for handler in [*((probe,) for probe in PROBES), *hooks]:
        for kind in ("httpGet", "tcpSocket", "grpc"):
            field = (*handler, kind, "port")
            if (number := dig(container.spec, *field)) is not None:
                yield ".".join(field), number
