"""NetworkPolicies from the declared dependencies: nothing may connect but what a description says.

Each namespace denies everything; each service and job has one policy with exactly its edges: those
of its `Dependency` entries, the scraping of its metrics, the edge, DNS, and the API server for who
has access to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import meta, networking

from infra.kubernetes.names import NAMESPACE_LABEL, Namespaces, labels, selector
from infra.services import container_usage, prometheus
from infra.services.catalogue import Catalogue
from infra.services.description import External, Job, Service, Tier

__all__ = ["GATEWAY_LABEL", "SOLVER", "SOLVER_PORT", "Network", "deny_all", "policy"]

# The gateway's controller makes the data plane's pods at run time; this label names the gateway.
GATEWAY_LABEL = "gateway.networking.k8s.io/gateway-name"
GATEWAY = "edge"
# Pods of cert-manager's that answer an authority's challenge, at run time too.
SOLVER = {"acme.cert-manager.io/http01-solver": "true"}
SOLVER_PORT = 8089
API_SERVER_PORTS = (443, 6443)
DNS_PORT = 53

Ingress = networking.v1.NetworkPolicyIngressRuleArgs
Egress = networking.v1.NetworkPolicyEgressRuleArgs
Peer = networking.v1.NetworkPolicyPeerArgs


@dataclass(frozen=True, kw_only=True)
class Network:
    """What the policies of a stack follow from.

    Attributes:
        api_server_cidrs: where the API server is found.
        node_cidrs: where the kubelets are found, none where nobody asks them.
        metrics_readers: pods of other namespaces that may ask Prometheus: namespace and labels.
    """

    catalogue: Catalogue
    namespaces: Namespaces
    api_server_cidrs: tuple[str, ...]
    node_cidrs: tuple[str, ...] = ()
    metrics_readers: tuple[tuple[str, dict[str, str]], ...] = ()

    def service(self, name: str) -> Service | External:
        found: tuple[Service | External, ...] = (
            *self.catalogue.services,
            *self.catalogue.externals,
        )
        return next(item for item in found if item.name == name)

    def namespace(self, item: Service | Job) -> str:
        return self.namespaces.of(item.tier if isinstance(item, Service) else Tier.SERVICES)


def policy(
    item: Service | Job, network: Network, opts: pulumi.ResourceOptions
) -> networking.v1.NetworkPolicy:
    """The one policy of a service's or a job's pods."""
    return networking.v1.NetworkPolicy(
        item.name,
        metadata=meta.v1.ObjectMetaArgs(
            name=item.name, namespace=network.namespace(item), labels=labels(item.name)
        ),
        spec=networking.v1.NetworkPolicySpecArgs(
            pod_selector=meta.v1.LabelSelectorArgs(match_labels=selector(item.name)),
            policy_types=["Ingress", "Egress"],
            # Never an empty list: the API server keeps none, and sees a change in each update.
            ingress=list(_ingress(item, network)) or None,
            egress=list(_egress(item, network)) or None,
        ),
        opts=opts,
    )


def deny_all(
    name: str, namespace: str, opts: pulumi.ResourceOptions
) -> networking.v1.NetworkPolicy:
    """What holds for a pod of the namespace that no other policy selects."""
    return networking.v1.NetworkPolicy(
        name,
        metadata=meta.v1.ObjectMetaArgs(name="deny-all", namespace=namespace),
        spec=networking.v1.NetworkPolicySpecArgs(
            pod_selector=meta.v1.LabelSelectorArgs(), policy_types=["Ingress", "Egress"]
        ),
        opts=opts,
    )


def _ingress(item: Service | Job, network: Network) -> Iterator[Ingress]:
    if isinstance(item, Job):
        return
    numbers = {port.name: port.number for port in item.ports}
    for other in network.catalogue.items:
        for edge in other.dependencies:
            if edge.service == item.name:
                peer = pods(network.namespace(other), selector(other.name))
                yield Ingress(from_=[peer], ports=[tcp(numbers[edge.port])])
    if item.metrics:
        scraper = next(s for s in network.catalogue.services if s.name == prometheus.NAME)
        peer = pods(network.namespace(scraper), selector(scraper.name))
        yield Ingress(from_=[peer], ports=[tcp(numbers[item.metrics])])
    if item.publishes:
        peer = pods(network.namespaces.edge, {GATEWAY_LABEL: GATEWAY})
        yield Ingress(from_=[peer], ports=[tcp(numbers[item.publishes])])
    if item.name == prometheus.NAME:
        for namespace, reader in network.metrics_readers:
            yield Ingress(from_=[pods(namespace, reader)], ports=[tcp(item.ports[0].number)])


def _egress(item: Service | Job, network: Network) -> Iterator[Egress]:
    yield dns()
    for edge in item.dependencies:
        target = network.service(edge.service)
        if isinstance(target, External):
            yield Egress(to=blocks(target.cidrs), ports=[tcp(target.ports[edge.port])])
        else:
            number = next(port.number for port in target.ports if port.name == edge.port)
            peer = pods(network.namespace(target), selector(target.name))
            yield Egress(to=[peer], ports=[tcp(number)])
    if item.access:
        ports = [tcp(number) for number in API_SERVER_PORTS]
        yield Egress(to=blocks(network.api_server_cidrs), ports=ports)
    if isinstance(item, Job):
        return
    if item.name == prometheus.NAME:
        if network.node_cidrs:
            yield Egress(to=blocks(network.node_cidrs), ports=[tcp(container_usage.KUBELET_PORT)])
        for scraped in network.catalogue.services:
            for port in scraped.ports:
                if port.name == scraped.metrics:
                    peer = pods(network.namespace(scraped), selector(scraped.name))
                    yield Egress(to=[peer], ports=[tcp(port.number)])


def dns() -> Egress:
    """To the cluster's own name server."""
    return Egress(
        to=[pods("kube-system", {"k8s-app": "kube-dns"})],
        ports=[
            networking.v1.NetworkPolicyPortArgs(protocol=protocol, port=DNS_PORT)
            for protocol in ("UDP", "TCP")
        ],
    )


def pods(namespace: str, match_labels: dict[str, str]) -> Peer:
    return Peer(
        namespace_selector=meta.v1.LabelSelectorArgs(match_labels={NAMESPACE_LABEL: namespace}),
        pod_selector=meta.v1.LabelSelectorArgs(match_labels=match_labels),
    )


def blocks(cidrs: tuple[str, ...]) -> list[Peer]:
    return [Peer(ip_block=networking.v1.IPBlockArgs(cidr=cidr)) for cidr in cidrs]


def tcp(number: int) -> networking.v1.NetworkPolicyPortArgs:
    return networking.v1.NetworkPolicyPortArgs(protocol="TCP", port=number)
