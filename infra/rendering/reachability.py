"""Who may open connections to whom, by the NetworkPolicies alone: every edge, on every port.

The semantics are those of the Kubernetes documentation (Concepts, "Network Policies"): a pod that
no policy selects for a direction is free in it; selected, it may do what at least one policy
allows; a connection needs its source's egress and its target's ingress. An edge from a workload to
itself is one between its replicas.

What is not modelled: traffic of a node with its own pods, which no policy stops, and pods on the
host's network, for which the documentation leaves the outcome open.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.rendering.network_policies import Direction, PolicyRule, Rules, isolating_rules
from infra.rendering.port_ranges import ALL_PORTS, NO_PORTS, PortRange, PortSet
from infra.rendering.recording import Manifest
from infra.rendering.selectors import Labels

__all__ = [
    "ANYWHERE",
    "NAME_LABEL",
    "PRIVATE_NETWORKS",
    "Edge",
    "Host",
    "Pod",
    "pods_of",
    "reachability",
]

ANYWHERE = "anywhere outside"
# RFC 1918, 6598 and 4193: where pods have their addresses unless told otherwise.
PRIVATE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
NAME_LABEL = "kubernetes.io/metadata.name"  # the API server sets it on every namespace


@dataclass(frozen=True, order=True)
class Edge:
    """One allowed range of ports between two; a name is ``namespace/workload``, a host or a block.

    The range is of the target's own ports: a Service's port is translated before.
    """

    source: str
    target: str
    ports: PortRange

    def __str__(self) -> str:
        return f"{self.source} -> {self.target} {self.ports}"


@dataclass(frozen=True, kw_only=True)
class Pod:
    """The pods of a workload, or of a peer that appears only at run time.

    Attributes:
        name: of the workload, without its namespace.
        ports: named container ports: (name, protocol) and number.
    """

    name: str
    namespace: str
    labels: Labels = field(default_factory=dict)
    ports: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Host:
    """A peer outside the cluster, known by its address."""

    name: str
    address: str


def reachability(
    manifests: Iterable[Manifest],
    *,
    pods: Iterable[Pod] = (),
    hosts: Iterable[Host] = (),
    pod_networks: Iterable[str] = PRIVATE_NETWORKS,
) -> frozenset[Edge]:
    """Every allowed edge among workloads, named peers and the outside.

    Args:
        manifests: workloads, NetworkPolicies and Namespaces count, others are passed over.
        pods: peers that appear only at run time.
        hosts: peers outside. The outside as such is there too: blocks of addresses as policies
            name them, and `ANYWHERE`.
        pod_networks: a block of addresses that contains one of these also lets pods in or out, as
            it does with most network plugins.
    """
    objects = list(manifests)
    everyone = [*pods_of(objects), *pods]
    world = _World(objects, tuple(pod_networks))
    edges = _edges_among(everyone, world)
    for pod in everyone:
        edges |= _edges_outside(pod, world, list(hosts))
    return frozenset(edges)


def pods_of(manifests: Iterable[Manifest]) -> list[Pod]:
    """The pods of every workload, but those on the host's network."""
    found = []
    for manifest in manifests:
        template = _template(manifest)
        if template is None or template["spec"].get("hostNetwork"):
            continue
        metadata = manifest["metadata"]
        found.append(
            Pod(
                name=metadata["name"],
                namespace=metadata.get("namespace", "default"),
                labels=_labels(manifest, template),
                ports=_named_ports(template["spec"]),
            )
        )
    return found


class _World:
    """The policies and namespaces of a cluster; answers which ports a pod may use with a peer."""

    def __init__(self, manifests: list[Manifest], pod_networks: tuple[str, ...]) -> None:
        self._policies = [each for each in manifests if each["kind"] == "NetworkPolicy"]
        self._namespaces = {
            each["metadata"]["name"]: each["metadata"].get("labels", {})
            for each in manifests
            if each["kind"] == "Namespace"
        }
        self._pod_networks = [ipaddress.ip_network(each) for each in pod_networks]

    def rules(self, pod: Pod, direction: Direction) -> Rules:
        """The rules that hold for a pod; None where it is free."""
        return isolating_rules(self._policies, pod.namespace, pod.labels, direction)

    def with_pod(self, rules: Rules, peer: Pod, *, target: Pod) -> PortSet:
        """Ports of the target that rules allow with a peer, which is the target or its source."""
        if rules is None:
            return ALL_PORTS
        labels = {**self._namespaces.get(peer.namespace, {}), NAME_LABEL: peer.namespace}
        allowed = NO_PORTS
        for rule in rules:
            by_selector = rule.admits_pod(peer.namespace, labels, peer.labels)
            if by_selector or rule.admits_network(self._pod_networks):
                allowed |= rule.ports(target.ports)
        return allowed


def _edges_among(pods: list[Pod], world: _World) -> set[Edge]:
    ingress = [world.rules(pod, "Ingress") for pod in pods]
    edges = set()
    for source in pods:
        egress = world.rules(source, "Egress")
        for target, rules in zip(pods, ingress, strict=True):
            out = world.with_pod(egress, target, target=target)
            into = world.with_pod(rules, source, target=target)
            edges |= {Edge(source.title, target.title, each) for each in (out & into).ranges}
    return edges


def _edges_outside(pod: Pod, world: _World, hosts: list[Host]) -> set[Edge]:
    edges = set()
    for outside, ports in _outside(world.rules(pod, "Egress"), {}, hosts):
        edges |= {Edge(pod.title, outside, each) for each in ports.ranges}
    for outside, ports in _outside(world.rules(pod, "Ingress"), pod.ports, hosts):
        edges |= {Edge(outside, pod.title, each) for each in ports.ranges}
    return edges


def _outside(
    rules: Rules, named_ports: Mapping[tuple[str, str], int], hosts: list[Host]
) -> list[tuple[str, PortSet]]:
    """What rules allow with the outside: with blocks as they are written, and with each host."""
    if rules is None:
        return [(ANYWHERE, ALL_PORTS), *((host.name, ALL_PORTS) for host in hosts)]
    allowed: dict[str, PortSet] = {}

    def allow(name: str, rule: PolicyRule) -> None:
        allowed[name] = allowed.get(name, NO_PORTS) | rule.ports(named_ports)

    for rule in rules:
        if rule.admits_everyone:
            allow(ANYWHERE, rule)
        for block in rule.blocks:
            allow(str(block), rule)
        for host in hosts:
            if rule.admits_address(host.address):
                allow(host.name, rule)
    return list(allowed.items())


def _template(manifest: Manifest) -> dict[str, Any] | None:
    """The pod template of whatever has one: Deployment, StatefulSet, Job, CronJob, Rollout, Pod."""
    spec = manifest.get("spec")
    if not isinstance(spec, dict):
        return None
    if manifest["kind"] == "Pod":
        return manifest
    if manifest["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    template = spec.get("template")
    is_pod = isinstance(template, dict) and "containers" in template.get("spec", {})
    return template if is_pod else None


def _labels(manifest: Manifest, template: Mapping[str, Any]) -> Labels:
    labels = dict(template.get("metadata", {}).get("labels", {}))
    if manifest["kind"] == "Job":
        name = manifest["metadata"]["name"]
        labels |= {"batch.kubernetes.io/job-name": name, "job-name": name}
    return labels


def _named_ports(spec: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    return {
        (port["name"], port.get("protocol", "TCP")): int(port["containerPort"])
        for container in (*spec["containers"], *spec.get("initContainers", ()))
        for port in container.get("ports", ())
        if "name" in port
    }
