"""The edge of a cluster: one Gateway, and a route for each service that publishes a port.

NGINX Gateway Fabric makes the data-plane pods at run time, in the Gateway's namespace. HTTP is
answered with a redirect to HTTPS and nothing else; limits of rate and size hold before a request
reaches a service.
"""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, meta, networking

from infra.kubernetes import network
from infra.kubernetes.names import NAME_LABEL, PART_OF, PART_OF_LABEL, labels, selector
from infra.kubernetes.network import GATEWAY, GATEWAY_LABEL, Network
from infra.kubernetes.settings import EdgeSettings
from infra.services.description import Service

__all__ = ["CERTIFICATE_SECRET", "Gateway", "GatewayArgs"]

GATEWAY_API = "gateway.networking.k8s.io/v1"
NGINX_API = "gateway.nginx.org/v1alpha1"
NGINX_PROXY_API = "gateway.nginx.org/v1alpha2"
CLASS = "nginx"
CONTROLLER_NAMESPACE = "nginx-gateway"
CONTROLLER_PORT = 8443
CERTIFICATE_SECRET = "edge-certificate"  # noqa: S105 - the name of an object
HTTP, HTTPS = 80, 443
TOO_MANY_REQUESTS = 429
BURST_S = 2  # of requests at the allowed rate, taken at once
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"


@dataclass(frozen=True, kw_only=True)
class GatewayArgs:
    """What makes the edge of a stack.

    Attributes:
        max_upload_mib: largest body that is passed on; the API refuses above its own limit.
    """

    domain: str
    edge: EdgeSettings
    network: Network
    max_upload_mib: int


class Gateway(pulumi.ComponentResource):
    """The edge: the Gateway, its routes, its limits and its policy."""

    def __init__(
        self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("autoserve:platform:Gateway", name, None, opts)
        self._args = args
        self._namespace = args.network.namespaces.edge
        self._child = pulumi.ResourceOptions(parent=self)
        self._proxy()
        self._policy()
        self._gateway()
        self._redirect()
        for service in args.network.catalogue.services:
            if service.publishes:
                self._route(service)
        self._limits()
        self.register_outputs({})

    def _custom(
        self, name: str, api_version: str, kind: str, spec: dict[str, Any], *, called: str = GATEWAY
    ) -> apiextensions.CustomResource:
        return apiextensions.CustomResource(
            name,
            api_version=api_version,
            kind=kind,
            metadata=meta.v1.ObjectMetaArgs(
                name=called, namespace=self._namespace, labels={PART_OF_LABEL: PART_OF}
            ),
            spec=spec,
            opts=self._child,
        )

    def _proxy(self) -> apiextensions.CustomResource:
        """How the data plane runs: replicas, and how it is reached from outside."""
        return self._custom(
            "edge-proxy",
            NGINX_PROXY_API,
            "NginxProxy",
            {
                "kubernetes": {
                    "deployment": {"replicas": self._args.edge.replicas},
                    "service": {"type": self._args.edge.service_type},
                }
            },
        )

    def _gateway(self) -> apiextensions.CustomResource:
        hostname = self._args.domain
        return self._custom(
            "edge",
            GATEWAY_API,
            "Gateway",
            {
                "gatewayClassName": CLASS,
                "infrastructure": {
                    "parametersRef": {
                        "group": "gateway.nginx.org",
                        "kind": "NginxProxy",
                        "name": GATEWAY,
                    }
                },
                "listeners": [
                    {
                        "name": "http",
                        "port": HTTP,
                        "protocol": "HTTP",
                        "hostname": hostname,
                        "allowedRoutes": {"namespaces": {"from": "Same"}},
                    },
                    {
                        "name": "https",
                        "port": HTTPS,
                        "protocol": "HTTPS",
                        "hostname": hostname,
                        "tls": {
                            "mode": "Terminate",
                            "certificateRefs": [{"kind": "Secret", "name": CERTIFICATE_SECRET}],
                        },
                        "allowedRoutes": {
                            "namespaces": {
                                "from": "Selector",
                                "selector": {"matchLabels": {PART_OF_LABEL: PART_OF}},
                            }
                        },
                    },
                ],
            },
        )

    def _redirect(self) -> apiextensions.CustomResource:
        return self._custom(
            "edge-redirect",
            GATEWAY_API,
            "HTTPRoute",
            {
                "parentRefs": [{"name": GATEWAY, "sectionName": "http"}],
                "hostnames": [self._args.domain],
                "rules": [
                    {
                        "filters": [
                            {
                                "type": "RequestRedirect",
                                "requestRedirect": {"scheme": "https", "statusCode": 301},
                            }
                        ]
                    }
                ],
            },
            called="redirect",
        )

    def _route(self, service: Service) -> apiextensions.CustomResource:
        """In the service's own namespace, so that it names no other's Service."""
        number = next(port.number for port in service.ports if port.name == service.publishes)
        header = {"name": "Strict-Transport-Security", "value": STRICT_TRANSPORT}
        return apiextensions.CustomResource(
            f"edge-{service.name}",
            api_version=GATEWAY_API,
            kind="HTTPRoute",
            metadata=meta.v1.ObjectMetaArgs(
                name=service.name,
                namespace=self._args.network.namespace(service),
                labels=labels(service.name),
            ),
            spec={
                "parentRefs": [
                    {"name": GATEWAY, "namespace": self._namespace, "sectionName": "https"}
                ],
                "hostnames": [self._args.domain],
                "rules": [
                    {
                        "matches": [{"path": {"type": "PathPrefix", "value": service.route}}],
                        "filters": [
                            {
                                "type": "ResponseHeaderModifier",
                                "responseHeaderModifier": {"set": [header]},
                            }
                        ],
                        "backendRefs": [{"name": service.name, "port": number}],
                    }
                ],
            },
            opts=self._child,
        )

    def _limits(self) -> None:
        target = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": GATEWAY}
        rate = self._args.edge.requests_per_second
        rule = {
            "zoneSize": "10m",
            "key": "$binary_remote_addr",
            "rate": f"{rate}r/s",
            "burst": BURST_S * rate,
            "noDelay": True,
        }
        self._custom(
            "edge-rate",
            NGINX_API,
            "RateLimitPolicy",
            {
                "targetRefs": [target],
                "rateLimit": {"local": {"rules": [rule]}, "rejectCode": TOO_MANY_REQUESTS},
            },
        )
        self._custom(
            "edge-clients",
            NGINX_API,
            "ClientSettingsPolicy",
            {"targetRef": target, "body": {"maxSize": _size(self._args.max_upload_mib)}},
        )

    def _policy(self) -> networking.v1.NetworkPolicy:
        """The data plane: open to the world on its listeners, and to nothing else."""
        data_plane = {GATEWAY_LABEL: GATEWAY}
        everyone = network.Ingress(ports=[network.tcp(HTTP), network.tcp(HTTPS)])
        controller = network.Egress(
            to=[network.pods(CONTROLLER_NAMESPACE, {NAME_LABEL: "nginx-gateway"})],
            ports=[network.tcp(CONTROLLER_PORT)],
        )
        published = [
            network.Egress(
                to=[network.pods(self._args.network.namespace(service), selector(service.name))],
                ports=[network.tcp(port.number)],
            )
            for service in self._args.network.catalogue.services
            for port in service.ports
            if port.name == service.publishes
        ]
        # An authority asks by HTTP whether the domain is ours; the gateway passes it on.
        solver = network.Egress(
            to=[network.pods(self._namespace, network.SOLVER)],
            ports=[network.tcp(network.SOLVER_PORT)],
        )
        challenged = [solver] if self._args.edge.issuer != "self-signed" else []
        return networking.v1.NetworkPolicy(
            "edge-policy",
            metadata=meta.v1.ObjectMetaArgs(
                name=GATEWAY, namespace=self._namespace, labels={PART_OF_LABEL: PART_OF}
            ),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.v1.LabelSelectorArgs(match_labels=data_plane),
                policy_types=["Ingress", "Egress"],
                ingress=[everyone],
                egress=[network.dns(), controller, *published, *challenged],
            ),
            opts=self._child,
        )


def _size(mib: int) -> str:
    """NGINX takes four digits and a unit; room for the form around the file."""
    mib += 1
    return f"{mib}m" if mib <= 9_999 else f"{-(-mib // 1_024)}g"
