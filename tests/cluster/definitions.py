"""The resource definitions that our manifests need beside Kubernetes' own.

Those of Gateway API, cert-manager, KEDA and the vertical autoscaler are the projects' own files.
NGINX Gateway Fabric's are described here by hand, since its Go module cannot be had: the fields
that we use and no others, so that a wrong one is refused; what the project's own schema checks
beyond types and patterns is not.
"""

from typing import Any

from infra.toolchain import cluster
from tests.cluster.client import Client, Manifest
from tests.cluster.nodes import manifests_in

__all__ = ["RELEASES", "install_definitions"]

NGINX_GROUP = "gateway.nginx.org"
Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer", "format": "int32"}
BOOLEAN: Schema = {"type": "boolean"}
SIZE: Schema = {"type": "string", "pattern": r"^\d{1,4}(k|m|g)?$"}
DURATION: Schema = {"type": "string", "pattern": r"^[0-9]{1,4}(ms|s|m|h)?$"}
OPEN: Schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def _object(*required: str, **properties: Schema) -> Schema:
    schema: Schema = {"type": "object", "properties": properties}
    return schema | ({"required": list(required)} if required else {})


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


TARGET = _object("group", "kind", "name", group=STRING, kind=STRING, name=STRING)
RATE_LIMIT_RULE = _object(
    "key",
    "rate",
    zoneSize=SIZE,
    key=STRING,
    rate={"type": "string", "pattern": r"^\d+r/[sm]$"},
    burst=INTEGER,
    delay=INTEGER,
    noDelay=BOOLEAN,
)
RATE_LIMIT_POLICY = _object(
    "targetRefs",
    targetRefs={**_array(TARGET), "minItems": 1, "maxItems": 16},
    rateLimit=_object(
        local=_object(rules=_array(RATE_LIMIT_RULE)),
        dryRun=BOOLEAN,
        logLevel={"type": "string", "enum": ["info", "notice", "warn", "error"]},
        rejectCode={**INTEGER, "minimum": 400, "maximum": 599},
    ),
)
CLIENT_SETTINGS_POLICY = _object(
    "targetRef",
    targetRef=TARGET,
    body=_object(maxSize=SIZE, timeout=DURATION),
    keepAlive=_object(
        requests={**INTEGER, "minimum": 0},
        time=DURATION,
        timeout=_object(server=DURATION, header=DURATION),
    ),
)
NGINX_PROXY = _object(
    kubernetes=_object(
        deployment=_object(replicas=INTEGER, pod=OPEN, container=OPEN),
        service=_object(
            type={"type": "string", "enum": ["ClusterIP", "LoadBalancer", "NodePort"]},
            externalTrafficPolicy={"type": "string", "enum": ["Cluster", "Local"]},
        ),
    ),
    logging=OPEN,
    metrics=OPEN,
    rewriteClientIP=OPEN,
    ipFamily={"type": "string", "enum": ["dual", "ipv4", "ipv6"]},
)


def _definition(kind: str, plural: str, version: str, spec: Schema) -> Manifest:
    served = {
        "name": version,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": _object("spec", spec=spec, status=OPEN)},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{NGINX_GROUP}"},
        "spec": {
            "group": NGINX_GROUP,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [served],
        },
    }


NGINX_GATEWAY_FABRIC = [
    _definition("NginxProxy", "nginxproxies", "v1alpha2", NGINX_PROXY),
    _definition("RateLimitPolicy", "ratelimitpolicies", "v1alpha1", RATE_LIMIT_POLICY),
    _definition(
        "ClientSettingsPolicy", "clientsettingspolicies", "v1alpha1", CLIENT_SETTINGS_POLICY
    ),
]
# By the names that `autoserve:cluster.install` has: the part of the test cluster that keeps them.
RELEASES = {
    "gateway-api": ("definitions", "gateway-api"),
    "cert-manager": ("definitions", "cert-manager"),
    "vpa": ("definitions", "vertical-pod-autoscaler"),
    "keda": ("keda", "crd"),
    "nginx-gateway-fabric": None,
}


def install_definitions(client: Client, *releases: str) -> None:
    """Add the definitions of the named releases, or of all of them; those there already stay."""
    definitions: list[Manifest] = []
    for name in releases or RELEASES:
        kept = RELEASES[name]
        found = NGINX_GATEWAY_FABRIC if kept is None else manifests_in(cluster.data(*kept))
        # Gateway API's files have a policy too, which only guards its definitions.
        definitions += [each for each in found if each["kind"] == "CustomResourceDefinition"]
    client.define(definitions)
