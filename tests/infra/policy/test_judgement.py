"""Where a rule draws its line: what is unusual and right passes, exceptions are few and said."""

from decimal import Decimal
from typing import Any

import pytest

from infra.policy.catalogue import findings
from infra.policy.manifests import resource_name
from infra.policy.quantities import percent, quantity, seconds
from infra.policy.rule import WAIVER
from infra.policy.secrecy import is_secret_literal
from infra.rendering.values import UNKNOWN
from tests.infra.policy.spoiling import good, put
from tests.infra.policy.unusual import UNUSUAL

API = "Deployment shop/api"
ROUTE = "HTTPRoute shop/api"
POLICY = "NetworkPolicy shop/api"


def changed(*changes: tuple[str, str, Any]) -> list[dict[str, Any]]:
    """The good platform with fields of resources set: resource, path, value."""
    manifests = good()
    for resource, path, value in changes:
        put(next(each for each in manifests if resource_name(each) == resource), path, value)
    return manifests


def sentences(manifests: list[dict[str, Any]]) -> list[str]:
    return [str(finding) for finding in findings(manifests)]


@pytest.mark.parametrize("changes", UNUSUAL)
def test_what_is_unusual_and_right_passes(changes: list[tuple[str, str, Any]]) -> None:
    assert sentences(changed(*changes)) == []


def test_pods_that_answer_an_authority_come_at_run_time() -> None:
    solver = {"matchLabels": {"acme.cert-manager.io/http01-solver": "true"}}
    with_policy = changed((POLICY, "spec.podSelector", solver))
    assert any("selector-network-policy" in each for each in sentences(with_policy))
    with_issuer = changed((POLICY, "spec.podSelector", solver))
    issuer = next(each for each in with_issuer if each["kind"] == "Issuer")
    issuer["spec"] = {"acme": {"solvers": [{"http01": {"gatewayHTTPRoute": {}}}]}}
    assert sentences(with_issuer) == []


def test_a_bare_pod_and_a_rollout_are_judged_like_a_deployment() -> None:
    manifests = good()
    template = next(each for each in manifests if resource_name(each) == API)["spec"]["template"]
    template["spec"]["hostNetwork"] = True
    metadata = {**template["metadata"], "name": "lone", "namespace": "shop"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    rollout = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "api-rollout", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": metadata["labels"]}, "template": template},
    }
    found = {
        (finding.resource, finding.field)
        for finding in findings([*manifests, pod, rollout])
        if finding.rule == "restricted-host-namespaces"
    }
    assert found == {
        (API, "spec.template.spec.hostNetwork"),
        ("Pod shop/lone", "spec.hostNetwork"),
        ("Rollout shop/api-rollout", "spec.template.spec.hostNetwork"),
    }


def test_a_route_to_another_namespace_needs_that_ones_consent() -> None:
    namespace = "spec.rules[0].backendRefs[0].namespace"
    manifests = changed(
        (ROUTE, "metadata.namespace", "web"), ("HTTPRoute web/api", namespace, "shop")
    )
    reference = next(each for each in manifests if resource_name(each) == "HTTPRoute web/api")
    reference["spec"]["parentRefs"][0]["namespace"] = "shop"
    gateway = next(each for each in manifests if each["kind"] == "Gateway")
    gateway["spec"]["listeners"][1]["allowedRoutes"] = {"namespaces": {"from": "All"}}
    (finding,) = findings(manifests)
    assert (finding.rule, finding.field) == ("route-backend", namespace)
    grant = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "from": [
                {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "web"}
            ],
            "to": [{"group": "", "kind": "Service"}],
        },
    }
    assert findings([*manifests, grant]) == []


def test_a_role_that_is_added_to_built_in_ones_is_cluster_wide() -> None:
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {
            "name": "reader",
            "labels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"},
        },
        "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}],
    }
    assert [finding.rule for finding in findings([*good(), role])] == ["rbac-secrets"]
    role["metadata"] = {"name": "reader"}
    assert findings([*good(), role]) == []


def test_a_waiver_excuses_one_resource_from_one_rule() -> None:
    put_port = ("Service shop/api", "spec.type", "LoadBalancer")
    other = ("Service shop/store", "spec.type", "LoadBalancer")
    waiver = f"metadata.annotations[{WAIVER}public-service]"
    excused = ("Service shop/api", waiver, "the load balancer of the edge is ours to make")
    assert [finding.resource for finding in findings(changed(put_port, other, excused))] == [
        "Service shop/store"
    ]
    assert findings(changed(put_port, excused)) == []
    unneeded = findings(changed(excused))
    assert [finding.rule for finding in unneeded] == ["waiver-needed"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_PASSWORD", "hunter2x"),
        ("PGPASSWORD", "hunter2x"),
        ("api-key", "0a1b2c3d4e5f"),
        ("URL", "redis://:hunter2x@redis:6379/0"),
        ("KEY", "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----"),
        ("NOTE", "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJl"),
    ],
)
def test_what_looks_like_a_secret_is_taken_for_one(name: str, value: str) -> None:
    assert is_secret_literal(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ACCESS_TOKEN_TTL_S", "900"),
        ("TOKEN", ""),
        ("MAX_TOKEN", "4096"),
        ("PASSWORD", "/run/secrets/password"),
        ("SCALER_TOKEN", "$(FROM_SECRET)"),
        ("URL", "http://prometheus.shop.svc:9090"),
        ("URL", "postgresql://app:$(PASSWORD)@postgres:5432/app"),
        ("MONKEY", "see no evil"),
        ("PASSWORD", None),
        ("PASSWORD", UNKNOWN),
    ],
)
def test_what_only_sounds_like_a_secret_is_not(name: str, value: Any) -> None:
    assert not is_secret_literal(name, value)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("250m", Decimal("0.25")),
        ("1", Decimal(1)),
        (2, Decimal(2)),
        ("64Mi", Decimal(64 * 2**20)),
        ("1G", Decimal(10**9)),
        ("1.5Gi", Decimal(3 * 2**29)),
        ("1e3", Decimal(1000)),
        ("much", None),
        (None, None),
    ],
)
def test_quantities_are_read_as_the_api_reads_them(written: Any, amount: Decimal | None) -> None:
    assert quantity(written) == amount


def test_percentages_and_durations_are_read_where_they_are_some() -> None:
    assert [percent(each) for each in ("50%", "100%", 1, "x%")] == [0.5, 1.0, None, None]
    assert [seconds(each) for each in (5, "5", "5s", "2m", "soon")] == [5, 5, 5, 120, None]
