"""Rules about label selectors: each chooses what it should, and nothing besides."""

from collections.abc import Iterator, Mapping
from typing import Any

from infra.policy.inventory import Inventory, selects
from infra.policy.manifests import (
    CONTROLLERS,
    Manifest,
    Pod,
    dig,
    entries,
    kind_of,
    labels_of,
    mapping,
    name_of,
    namespace_of,
    pods_of,
    resource_name,
)
from infra.policy.rule import Violation, rule, set_rule

__all__ = ["GATEWAY_LABEL", "RULES"]

# Values that change with a release; a selector cannot be changed.
VERSION_LABELS = ("app.kubernetes.io/version", "version", "helm.sh/chart", "pod-template-hash")
# Pods that controllers make at run time: the data plane of a Gateway, labelled with its name, and
# cert-manager's, which answer an authority's question for an Issuer that solves by HTTP.
GATEWAY_LABEL = "gateway.networking.k8s.io/gateway-name"
SOLVER_LABEL = "acme.cert-manager.io/http01-solver"


@rule(
    "selector-own-template",
    meaning="A controller's selector chooses the pods that it makes.",
    remedy="Give the pod template the labels of spec.selector.",
)
def own_template(manifest: Manifest) -> Iterator[Violation]:
    if kind_of(manifest) not in CONTROLLERS:
        return
    selector = dig(manifest, "spec", "selector")
    for pod in pods_of(manifest):
        if not _is_selective(selector) or not selects(selector, pod.labels):
            own = ", ".join(f"{key}={value}" for key, value in pod.labels.items())
            allowed = f"labels of spec.template ({own})"
            yield Violation(manifest, "spec.selector", selector, allowed)


@rule(
    "selector-stable",
    meaning="No selector holds a version: it cannot be changed, so that an upgrade would replace "
    "the workload.",
    remedy="Select by app.kubernetes.io/name.",
)
def stable(manifest: Manifest) -> Iterator[Violation]:
    if kind_of(manifest) in CONTROLLERS:
        for label in mapping(dig(manifest, "spec", "selector", "matchLabels")):
            if label in VERSION_LABELS:
                yield Violation(manifest, "spec.selector.matchLabels", label, "names that stay")


@set_rule(
    "selector-disjoint",
    meaning="No controller's selector chooses the pods of another one, which it would take over.",
    remedy="Give each workload an app.kubernetes.io/name of its own.",
)
def disjoint(inventory: Inventory) -> Iterator[Violation]:
    for manifest in inventory.kinds(*CONTROLLERS):
        selector = dig(manifest, "spec", "selector")
        for pod in inventory.selected(namespace_of(manifest), selector):
            if pod.manifest is not manifest and kind_of(pod.manifest) in CONTROLLERS:
                allowed = f"nothing that chooses the pods of {resource_name(pod.manifest)}"
                yield Violation(manifest, "spec.selector", selector, allowed)


@set_rule(
    "selector-service",
    meaning="Every Service has pods behind it.",
    remedy="Select the labels of a pod template in the Service's namespace.",
)
def service(inventory: Inventory) -> Iterator[Violation]:
    for manifest in inventory.kinds("Service"):
        selector = dig(manifest, "spec", "selector")
        chosen = {"matchLabels": selector}
        if selector and not _chooses(inventory, namespace_of(manifest), chosen):
            yield Violation(manifest, "spec.selector", selector, _labels_there(inventory, manifest))


@set_rule(
    "selector-service-port",
    meaning="Every port of a Service leads to a port that its pods declare.",
    remedy="Name a port of the container in targetPort.",
)
def service_port(inventory: Inventory) -> Iterator[Violation]:
    for manifest in inventory.kinds("Service"):
        for pod in _pods_behind(inventory, manifest):
            declared = _declared_ports(pod)
            for path, port in entries(manifest, "spec", "ports"):
                target = port.get("targetPort", port.get("port"))
                if target not in declared:
                    allowed = " or ".join(map(str, declared)) or "(the pod declares no port)"
                    yield Violation(manifest, f"{path}.targetPort", target, allowed)


@set_rule(
    "selector-budget",
    meaning="Every PodDisruptionBudget is about pods that exist.",
    remedy="Select the labels of a pod template in the budget's namespace.",
)
def budget(inventory: Inventory) -> Iterator[Violation]:
    for manifest in inventory.kinds("PodDisruptionBudget"):
        selector = dig(manifest, "spec", "selector")
        if not _is_selective(selector) or not inventory.selected(namespace_of(manifest), selector):
            yield Violation(manifest, "spec.selector", selector, _labels_there(inventory, manifest))


@set_rule(
    "selector-network-policy",
    meaning="Every NetworkPolicy is about pods that exist, or about those that come at run "
    "time for a Gateway or an Issuer.",
    remedy="Select the labels of a pod template in the policy's namespace, or remove the policy.",
)
def network_policy(inventory: Inventory) -> Iterator[Violation]:
    for manifest in inventory.kinds("NetworkPolicy"):
        selector = dig(manifest, "spec", "podSelector")
        if not _chooses(inventory, namespace_of(manifest), selector):
            allowed = _labels_there(inventory, manifest)
            yield Violation(manifest, "spec.podSelector", selector, allowed)


@set_rule(
    "selector-network-peer",
    meaning="Every peer of a NetworkPolicy exists, where its namespace is one of the set's.",
    remedy="Select the labels of the peer's pod template, or remove the peer.",
)
def network_peer(inventory: Inventory) -> Iterator[Violation]:
    for manifest in inventory.kinds("NetworkPolicy"):
        for direction, side in (("ingress", "from"), ("egress", "to")):
            for path, entry in entries(manifest, "spec", direction):
                for inner, peer in entries(entry, side):
                    if not _peer_exists(inventory, manifest, peer):
                        yield Violation(
                            manifest, f"{path}.{inner}", peer, "labels of a pod template there"
                        )


RULES = (
    own_template,
    stable,
    disjoint,
    service,
    service_port,
    budget,
    network_policy,
    network_peer,
)


def _is_selective(selector: Any) -> bool:
    return bool(dig(selector, "matchLabels") or dig(selector, "matchExpressions"))


def _declared_ports(pod: Pod) -> list[Any]:
    """Names and numbers of a pod's ports."""
    ports = [port for each in pod.containers() for _, port in entries(each.spec, "ports")]
    names = [port["name"] for port in ports if port.get("name")]
    return [*names, *(port.get("containerPort") for port in ports)]


def _pods_behind(inventory: Inventory, manifest: Manifest) -> list[Pod]:
    """The pods of a Service; none where it has no selector and its endpoints are made by hand."""
    selector = dig(manifest, "spec", "selector")
    if not selector:
        return []
    return inventory.selected(namespace_of(manifest), {"matchLabels": selector})


def _chooses(inventory: Inventory, namespace: str, selector: Any) -> bool:
    if not _is_selective(selector) or inventory.selected(namespace, selector):
        return True
    return _comes_at_run_time(inventory, namespace, mapping(dig(selector, "matchLabels")))


def _comes_at_run_time(inventory: Inventory, namespace: str, labels: Mapping[str, Any]) -> bool:
    if SOLVER_LABEL in labels:
        issuers = inventory.kinds("Issuer", "ClusterIssuer")
        solvers = [each for one in issuers for _, each in entries(one, "spec", "acme", "solvers")]
        return any("http01" in each for each in solvers)
    gateway = labels.get(GATEWAY_LABEL)
    return gateway is not None and inventory.get("Gateway", namespace, gateway) is not None


def _peer_exists(inventory: Inventory, manifest: Manifest, peer: Any) -> bool:
    """Whether a peer chooses pods; one outside of the set's namespaces is not judged."""
    selector = peer.get("podSelector")
    if "namespaceSelector" not in peer:
        return _chooses(inventory, namespace_of(manifest), selector)
    chosen = [
        name_of(namespace)
        for namespace in inventory.kinds("Namespace")
        if selects(
            peer["namespaceSelector"],
            {"kubernetes.io/metadata.name": name_of(namespace), **labels_of(namespace)},
        )
    ]
    return not chosen or any(_chooses(inventory, namespace, selector) for namespace in chosen)


def _labels_there(inventory: Inventory, manifest: Manifest) -> str:
    namespace = namespace_of(manifest)
    pods = [pod for pod in inventory.pods if pod.namespace == namespace]
    names = {str(pod.labels.get("app.kubernetes.io/name", "?")) for pod in pods}
    return f"labels of pods in {namespace}: {', '.join(sorted(names)) or 'there are none'}"
