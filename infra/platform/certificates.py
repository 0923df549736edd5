"""The edge's certificate, kept up to date by cert-manager."""

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, meta, networking

from infra.kubernetes import network
from infra.kubernetes.names import PART_OF, PART_OF_LABEL
from infra.kubernetes.network import GATEWAY, GATEWAY_LABEL, SOLVER, SOLVER_PORT
from infra.kubernetes.settings import EdgeSettings
from infra.platform.gateway import CERTIFICATE_SECRET

__all__ = ["Certificate", "CertificateArgs"]

API = "cert-manager.io/v1"
DIRECTORIES = {
    "letsencrypt-staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
    "letsencrypt": "https://acme-v02.api.letsencrypt.org/directory",
}


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """What makes the certificate of a domain."""

    domain: str
    namespace: str
    edge: EdgeSettings


class Certificate(pulumi.ComponentResource):
    """An issuer in the edge's namespace, and the certificate that it signs."""

    def __init__(
        self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("autoserve:platform:Certificate", name, None, opts)
        self._args, self._child = args, pulumi.ResourceOptions(parent=self)
        issuer = self._custom("edge-issuer", "Issuer", _issuer(args.edge), self._child)
        self._custom(
            "edge-certificate",
            "Certificate",
            {
                "secretName": CERTIFICATE_SECRET,
                "dnsNames": [args.domain],
                "issuerRef": {"kind": "Issuer", "name": GATEWAY},
                "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
            },
            pulumi.ResourceOptions(parent=self, depends_on=[issuer]),
        )
        if args.edge.issuer in DIRECTORIES:
            self._solver_policy()
        self.register_outputs({})

    def _metadata(self, name: str = GATEWAY) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name=name, namespace=self._args.namespace, labels={PART_OF_LABEL: PART_OF}
        )

    def _custom(
        self, name: str, kind: str, spec: dict[str, Any], opts: pulumi.ResourceOptions
    ) -> apiextensions.CustomResource:
        return apiextensions.CustomResource(
            name, api_version=API, kind=kind, metadata=self._metadata(), spec=spec, opts=opts
        )

    def _solver_policy(self) -> networking.v1.NetworkPolicy:
        """The pods that answer the authority's challenge get it through the gateway alone."""
        gateway = network.pods(self._args.namespace, {GATEWAY_LABEL: GATEWAY})
        return networking.v1.NetworkPolicy(
            "edge-solver",
            metadata=self._metadata("solver"),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.v1.LabelSelectorArgs(match_labels=SOLVER),
                policy_types=["Ingress", "Egress"],
                ingress=[network.Ingress(from_=[gateway], ports=[network.tcp(SOLVER_PORT)])],
            ),
            opts=self._child,
        )


def _issuer(edge: EdgeSettings) -> dict[str, Any]:
    if edge.issuer == "self-signed":
        return {"selfSigned": {}}
    parent = {"kind": "Gateway", "name": GATEWAY, "sectionName": "http"}
    return {
        "acme": {
            "server": DIRECTORIES[edge.issuer],
            "email": edge.email,
            "privateKeySecretRef": {"name": "edge-authority-account"},
            "solvers": [{"http01": {"gatewayHTTPRoute": {"parentRefs": [parent]}}}],
        }
    }
