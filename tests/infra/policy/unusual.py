"""Changes to the good platform that are unusual and right: resource, path, value."""

import pytest

from infra.rendering.values import UNKNOWN
from tests.infra.policy.spoiling import ABSENT

__all__ = ["UNUSUAL"]

API = "Deployment shop/api"
ROUTE = "HTTPRoute shop/api"
VPA = "VerticalPodAutoscaler shop/api"
SCALER = "ScaledObject shop/api"
POLICY = "NetworkPolicy shop/api"
CONTAINER = "spec.template.spec.containers[0]"

UNUSUAL = (
    pytest.param(
        [(API, f"{CONTAINER}.securityContext.capabilities.add", ["NET_BIND_SERVICE"])],
        id="a-low-port-may-be-bound",
    ),
    pytest.param(
        [(API, "spec.template.spec.securityContext.seLinuxOptions", {"type": "container_t"})],
        id="a-container-type-of-selinux",
    ),
    pytest.param([(API, f"{CONTAINER}.livenessProbe", ABSENT)], id="no-liveness-at-all"),
    pytest.param(
        [(API, f"{CONTAINER}.envFrom[0].configMapRef", {"name": "later", "optional": True})],
        id="an-optional-config-map-may-be-absent",
    ),
    pytest.param(
        [(API, "spec.template.spec.volumes[1].secret", {"secretName": "edge-tls"})],
        id="a-certificate-writes-its-secret",
    ),
    pytest.param([(API, f"{CONTAINER}.env[2].value", UNKNOWN)], id="a-value-that-is-not-known-yet"),
    pytest.param(
        [("Secret shop/api-secrets", "stringData", UNKNOWN)], id="data-that-is-not-known-yet"
    ),
    pytest.param(
        [(VPA, "spec.updatePolicy.updateMode", "Recreate"), (SCALER, "spec.triggers", [])],
        id="pods-are-resized-where-nothing-measures-them",
    ),
    pytest.param(
        [
            (VPA, "spec.updatePolicy.updateMode", "Recreate"),
            (
                VPA,
                "spec.resourcePolicy",
                {"containerPolicies": [{"controlledResources": ["memory"]}]},
            ),
        ],
        id="one-resource-is-resized-and-the-other-measured",
    ),
    pytest.param(
        [
            (VPA, "spec.updatePolicy.updateMode", "Recreate"),
            (VPA, "spec.resourcePolicy", {"containerPolicies": [{"mode": "Off"}]}),
        ],
        id="no-container-is-resized",
    ),
    pytest.param(
        [
            ("PodDisruptionBudget shop/api", "spec", {"minAvailable": "50%"}),
            (
                "PodDisruptionBudget shop/api",
                "spec.selector",
                {"matchLabels": {"app.kubernetes.io/name": "api"}},
            ),
        ],
        id="half-of-two-is-one",
    ),
    pytest.param(
        [
            ("RoleBinding shop/store", "roleRef.kind", "ClusterRole"),
            ("RoleBinding shop/store", "roleRef.name", "system:auth-delegator"),
        ],
        id="a-role-that-the-cluster-brings",
    ),
    pytest.param(
        [("Role shop/store", "rules[0].resources", ["secrets"])], id="secrets-of-one-namespace"
    ),
    pytest.param(
        [
            (
                POLICY,
                "spec.egress[0].to[0]",
                {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
            )
        ],
        id="a-peer-by-address",
    ),
    pytest.param(
        [
            (
                POLICY,
                "spec.podSelector",
                {
                    "matchExpressions": [
                        {
                            "key": "app.kubernetes.io/name",
                            "operator": "In",
                            "values": ["api", "store"],
                        }
                    ]
                },
            )
        ],
        id="a-selector-by-expression",
    ),
    pytest.param(
        [
            ("Service shop/store", "spec.selector", ABSENT),
            ("Service shop/store", "spec.externalName", "store.example.com"),
        ],
        id="a-service-without-pods-has-no-selector",
    ),
    pytest.param(
        [
            (ROUTE, "spec.parentRefs[0]", {"name": "edge", "namespace": "shop", "port": 443}),
            ("Gateway shop/edge", "spec.listeners[0].allowedRoutes", None),
            ("Gateway shop/edge", "spec.listeners[1].allowedRoutes", None),
            (ROUTE, "spec.parentRefs[0].sectionName", "https"),
        ],
        id="a-parent-with-its-namespace",
    ),
    pytest.param(
        [("Service shop/api", "spec.ports", [{"port": 80, "targetPort": 8000}])],
        id="a-single-port-needs-no-name",
    ),
)
