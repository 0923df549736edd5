"""Doors that are open, and secrets in the open."""

from infra.rendering.values import SecretValue
from tests.infra.policy.spoiling import ABSENT, Bad

__all__ = ["CASES"]

API = "Deployment shop/api"
STORE = "StatefulSet shop/store"
CONTAINER = "spec.template.spec.containers[0]"

CASES = (
    Bad(
        "public-service",
        "Service shop/api",
        "spec.type",
        "NodePort",
        'found "NodePort"; allowed: ClusterIP',
    ),
    Bad(
        "public-service",
        "Service shop/api",
        "spec.externalIPs",
        ["192.0.2.1"],
        'found ["192.0.2.1"]; allowed: absent',
    ),
    Bad(
        "public-other-route",
        "HTTPRoute shop/api",
        "kind",
        "Ingress",
        'found "Ingress"; allowed: HTTPRoute or GRPCRoute',
        on="Ingress shop/api",
    ),
    Bad(
        "public-listener",
        "Gateway shop/edge",
        "spec.listeners[1].tls",
        {"mode": "Passthrough"},
        'found "Passthrough"; allowed: Terminate',
        at="spec.listeners[1].tls.mode",
    ),
    Bad(
        "public-listener",
        "Gateway shop/edge",
        "spec.listeners[0].protocol",
        "TCP",
        'found "TCP"; allowed: HTTP or HTTPS',
    ),
    Bad(
        "public-certificate",
        "Gateway shop/edge",
        "spec.listeners[1].tls.certificateRefs[0].name",
        "other-tls",
        'found "other-tls"; allowed: api-secrets or edge-tls',
    ),
    Bad(
        "route-parent",
        "HTTPRoute shop/api",
        "spec.parentRefs[0].name",
        "other",
        'found "other"; allowed: edge',
    ),
    Bad(
        "route-parent",
        "HTTPRoute shop/api",
        "spec.parentRefs[0].sectionName",
        "tls",
        'found "tls"; allowed: http or https, where allowedRoutes lets it in',
    ),
    Bad(
        "route-parent",
        "HTTPRoute shop/api",
        "spec.parentRefs",
        [],
        "found nothing; allowed: a Gateway",
    ),
    Bad(
        "route-plain-http",
        "HTTPRoute shop/api",
        "spec.parentRefs[0].sectionName",
        "http",
        'found "http"; allowed: a listener of HTTPS',
    ),
    Bad(
        "route-plain-http",
        "HTTPRoute shop/api",
        "spec.parentRefs[0].sectionName",
        ABSENT,
        "found nothing; allowed: a listener of HTTPS",
    ),
    Bad(
        "route-backend",
        "HTTPRoute shop/api",
        "spec.rules[0].backendRefs[0].name",
        "apis",
        'found "apis"; allowed: api or store',
    ),
    Bad(
        "route-backend",
        "HTTPRoute shop/api",
        "spec.rules[0].backendRefs[0].port",
        8000,
        "found 8000; allowed: 80 or 9000",
    ),
    Bad(
        "secret-outside",
        "ConfigMap shop/api-files",
        "data[app.ini]",
        SecretValue("made-up"),
        'found "[secret]"; allowed: no secret value',
        at='data["app.ini"]',
    ),
    Bad(
        "secret-outside",
        API,
        f"{CONTAINER}.env[0].value",
        SecretValue("made-up"),
        'found "[secret]"; allowed: no secret value',
    ),
    Bad(
        "secret-in-environment",
        API,
        f"{CONTAINER}.env[0]",
        {"name": "ADMIN_PASSWORD", "value": "hunter2x"},
        'found "8 characters, not shown"; allowed: valueFrom.secretKeyRef',
        at=f"{CONTAINER}.env[0].value",
    ),
    Bad(
        "secret-in-environment",
        API,
        f"{CONTAINER}.env[2].value",
        "postgresql://app:hunter2x@postgres/app",
        'found "38 characters, not shown"; allowed: valueFrom.secretKeyRef',
    ),
    Bad(
        "secret-in-arguments",
        STORE,
        f"{CONTAINER}.args",
        ["--requirepass hunter2x"],
        'found "22 characters, not shown"; allowed: no secret',
        at=f"{CONTAINER}.args[0]",
    ),
    Bad(
        "secret-in-arguments",
        STORE,
        f"{CONTAINER}.args",
        ["--masterauth", "x", "--password", "hunter2x"],
        'found "8 characters, not shown"; allowed: no secret',
        at=f"{CONTAINER}.args[3]",
    ),
    Bad(
        "secret-in-arguments",
        API,
        f"{CONTAINER}.args[1]",
        "--password=$(DATABASE_PASSWORD)",
        'found "--password=$(DATABASE_PASSWORD)"; allowed: no variable of a Secret',
    ),
    Bad(
        "secret-in-config-map",
        "ConfigMap shop/api-files",
        "data.ACCESS_TOKEN",
        "hunter2x",
        'found "8 characters, not shown"; allowed: no secret',
        at="data[ACCESS_TOKEN]",
    ),
)
