"""Who may connect to whom by what the services declare: the table that the policies must equal.

It is computed from the descriptions alone, and from what no description says because it holds for
all: name resolution, scraping, the edge, and who makes and asks what at run time.
"""

from collections.abc import Iterator
from itertools import product

from infra.kubernetes.names import NAME_LABEL, Namespaces
from infra.kubernetes.settings import ClusterSettings
from infra.rendering.reachability import ANYWHERE, Pod, pods_of, reachability
from infra.rendering.recording import Manifest
from infra.services import prometheus
from infra.services.catalogue import Catalogue, catalogue
from infra.services.description import Job, Service, Tier
from infra.settings import Settings

__all__ = ["Connection", "allowed", "declared", "outsiders"]

Connection = tuple[str, str, str]  # from, to, protocol and port

API_SERVER = ("TCP 443", "TCP 6443")
KUBELET = "TCP 10250"
NAME_SERVER = ("UDP 53", "TCP 53")
EVERYWHERE = "0.0.0.0/0"


def outsiders(namespaces: Namespaces) -> dict[str, Pod]:
    """Pods that no program declares: those of run time and of others, and one stray of our own.

    The strays have no policy of their own: what they may do is what a namespace allows by default.
    """
    edge = namespaces.edge
    found = {
        "edge": Pod(
            name="edge", namespace=edge, labels={"gateway.networking.k8s.io/gateway-name": "edge"}
        ),
        "solver": Pod(
            name="solver", namespace=edge, labels={"acme.cert-manager.io/http01-solver": "true"}
        ),
        "names": Pod(name="names", namespace="kube-system", labels={"k8s-app": "kube-dns"}),
        "keda": Pod(name="keda", namespace="keda", labels={"app": "keda-operator"}),
        "gateways": Pod(
            name="gateways", namespace="nginx-gateway", labels={NAME_LABEL: "nginx-gateway"}
        ),
        "stranger": Pod(name="stranger", namespace="default", labels={NAME_LABEL: "api"}),
    }
    for namespace in namespaces.all.values():
        found[f"stray of {namespace}"] = Pod(name="stray", namespace=namespace)
    return found


def allowed(manifests: list[Manifest], namespaces: Namespaces) -> set[Connection]:
    """What the policies allow with one end in our namespaces, workloads by their names."""
    edges = reachability(manifests, pods=outsiders(namespaces).values())
    names = {pod.title: f"{pod.namespace}/{pod.labels[NAME_LABEL]}" for pod in pods_of(manifests)}
    ours = tuple(f"{namespace}/" for namespace in namespaces.all.values())
    return {
        (names.get(edge.source, edge.source), names.get(edge.target, edge.target), str(edge.ports))
        for edge in edges
        if edge.source.startswith(ours) or edge.target.startswith(ours)
    }


def declared(settings: Settings) -> set[Connection]:
    """What the descriptions of a stack's services and jobs ask for, and nothing else."""
    on = settings.cluster
    assert on is not None
    table = _Table(catalogue(settings), on)
    return {
        *table.dependencies(),
        *table.scraping(),
        *table.name_resolution(),
        *table.edge(),
        *table.api_server(),
        *table.kubelets(),
    }


class _Table:
    def __init__(self, described: Catalogue, on: ClusterSettings) -> None:
        self._described, self._on = described, on
        self._namespaces = Namespaces(prefix=on.namespace)
        self._outsiders = {name: pod.title for name, pod in outsiders(self._namespaces).items()}
        # No policy holds for them, so they may open connections to whoever lets them in.
        self._free = [self._outsiders[name] for name in ("names", "keda", "gateways", "stranger")]

    def _title(self, item: Service | Job) -> str:
        tier = item.tier if isinstance(item, Service) else Tier.SERVICES
        return f"{self._namespaces.of(tier)}/{item.name}"

    def dependencies(self) -> Iterator[Connection]:
        services = {service.name: service for service in self._described.services}
        externals = {external.name: external for external in self._described.externals}
        for item in self._described.items:
            for edge in item.dependencies:
                if (given := externals.get(edge.service)) is not None:
                    for cidr in given.cidrs:
                        yield self._title(item), cidr, f"TCP {given.ports[edge.port]}"
                else:
                    target = services[edge.service]
                    port = f"TCP {_number(target, edge.port)}"
                    yield self._title(item), self._title(target), port

    def scraping(self) -> Iterator[Connection]:
        services = {service.name: service for service in self._described.services}
        reader = services[prometheus.NAME]
        for service in services.values():
            if service.metrics:
                port = f"TCP {_number(service, service.metrics)}"
                yield self._title(reader), self._title(service), port
        if self._on.scaling == "keda":
            port = f"TCP {_number(reader, 'http')}"
            yield self._outsiders["keda"], self._title(reader), port

    def name_resolution(self) -> Iterator[Connection]:
        everyone = [*map(self._title, self._described.items), self._outsiders["edge"]]
        for source, port in product(everyone, NAME_SERVER):
            yield source, self._outsiders["names"], port

    def edge(self) -> Iterator[Connection]:
        edge = self._outsiders["edge"]
        for source, port in product([ANYWHERE, *self._free], ("TCP 80", "TCP 443")):
            yield source, edge, port
        yield edge, self._outsiders["gateways"], "TCP 8443"
        for service in self._described.services:
            if service.publishes:
                yield edge, self._title(service), f"TCP {_number(service, service.publishes)}"
        if self._on.edge.issuer != "self-signed":
            yield edge, self._outsiders["solver"], "TCP 8089"

    def kubelets(self) -> Iterator[Connection]:
        if not self._on.container_usage:
            return
        source = f"{self._namespaces.of(Tier.OBSERVABILITY)}/{prometheus.NAME}"
        for cidr in self._on.node_cidrs:
            yield source, cidr, KUBELET
            if cidr == EVERYWHERE:
                for target in self._free:
                    yield source, target, KUBELET

    def api_server(self) -> Iterator[Connection]:
        for item in self._described.items:
            if not item.access:
                continue
            source = self._title(item)
            for cidr, port in product(self._on.api_server_cidrs, API_SERVER):
                yield source, cidr, port
                if cidr == EVERYWHERE:  # so the addresses of pods are among them
                    for target in self._free:
                        yield source, target, port
            if EVERYWHERE in self._on.api_server_cidrs:
                yield source, self._outsiders["edge"], "TCP 443"


def _number(service: Service, port: str) -> int:
    return next(each.number for each in service.ports if each.name == port)
