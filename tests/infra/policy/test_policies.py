"""The rules as policies, by the SDK's own call."""

from typing import Any

import pytest
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from infra.policy.catalogue import RULES
from infra.policy.manifests import Manifest
from infra.policy.policies import policies
from infra.rendering.values import UNKNOWN
from tests.infra.policy.spoiling import Bad, deployment, good, put, spoiled, token

POLICIES: dict[str, Policy] = {policy.name: policy for policy in policies()}
API = "Deployment shop/api"
OPTIONS = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])


def seen(manifest: Manifest) -> Any:
    """A manifest as the SDK hands it to a policy: numbers as floats, unknowns guarded."""

    def as_sent(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: as_sent(item) for key, item in value.items()}
        if isinstance(value, list):
            return [as_sent(item) for item in value]
        if value is UNKNOWN:
            return UNKNOWN_STRING_VALUE
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return float(value) if is_number else value

    return unknown_checking_proxy(deserialize_properties(as_sent(dict(manifest))))


def reported(rule: str, manifests: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """What the policy of a rule reports of a stack: messages, with the URN where one is given."""
    fresh = {policy.name: policy for policy in policies()}
    policy, found = fresh[rule], []

    def report(message: str, urn: str | None = None) -> None:
        found.append((message, urn))

    if isinstance(policy, StackValidationPolicy):
        resources = [
            PolicyResource(
                token(each), seen(each), urn_of(each), urn_of(each), OPTIONS, None, None, [], {}
            )
            for each in manifests
        ]
        policy.validate(StackValidationArgs(resources), report)
        return found
    assert isinstance(policy, ResourceValidationPolicy)
    for each in manifests:
        name = each["metadata"]["name"]
        policy.validate(
            ResourceValidationArgs(token(each), seen(each), urn_of(each), name, OPTIONS, None),
            report,
        )
    return found


def urn_of(manifest: Manifest) -> str:
    return f"urn:{manifest['kind']}:{manifest['metadata']['name']}"


def test_there_is_a_policy_for_every_rule_but_the_one_of_marked_secrets() -> None:
    assert set(RULES) - set(POLICIES) == {"secret-outside"}
    for policy in POLICIES.values():
        assert policy.enforcement_level is EnforcementLevel.MANDATORY
        assert policy.description == RULES[policy.name].meaning
        assert policy.remediation_steps == RULES[policy.name].remedy


@pytest.mark.parametrize("rule", POLICIES)
def test_a_good_stack_is_let_through(rule: str) -> None:
    assert reported(rule, good()) == []


def test_a_bad_resource_is_reported_with_field_found_and_allowed() -> None:
    field = "spec.template.spec.containers[0].resources.requests.memory"
    bad = Bad("pod-request-within-limit", API, field, "1Gi", "")
    sentence = f'{API}: {field}: found "1Gi"; allowed: at most the limit, 256Mi. Raise the limit'
    assert reported(bad.rule, spoiled(bad)) == [(f"{sentence} or lower the request.", None)]


def test_a_bad_stack_is_reported_at_the_resource() -> None:
    bad = Bad("route-backend", "HTTPRoute shop/api", "spec.rules[0].backendRefs[0].port", 8000, "")
    ((message, urn),) = reported(bad.rule, spoiled(bad))
    assert "found 8000; allowed: 80 or 9000" in message
    assert urn == "urn:HTTPRoute:api"


def test_a_stack_is_judged_by_what_was_declared_not_by_the_servers_defaults() -> None:
    fresh = {policy.name: policy for policy in policies()}
    stack, resource = fresh["scale-replicas"], fresh["image-version"]
    assert isinstance(stack, StackValidationPolicy)
    assert isinstance(resource, ResourceValidationPolicy)
    said: list[str] = []

    def report(message: str, urn: str | None = None) -> None:
        said.append(message)

    manifests = good()
    for each in manifests:
        resource.validate(
            ResourceValidationArgs(token(each), seen(each), urn_of(each), "", OPTIONS, None), report
        )
    deployment(manifests)["spec"]["replicas"] = 1  # as the API server answers
    live = [
        PolicyResource(token(each), seen(each), urn_of(each), "", OPTIONS, None, None, [], {})
        for each in manifests
    ]
    stack.validate(StackValidationArgs(live), report)
    assert said == []


def test_what_a_preview_does_not_know_is_not_judged() -> None:
    manifests = good()
    workload = deployment(manifests)
    put(workload, "spec.template.spec.containers[0].envFrom[0].configMapRef.name", UNKNOWN)
    put(workload, "spec.template.spec.containers[0].image", UNKNOWN)
    for rule in POLICIES:
        assert reported(rule, manifests) == []


def test_resources_of_other_providers_are_left_alone() -> None:
    policy = POLICIES["image-version"]
    assert isinstance(policy, ResourceValidationPolicy)
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "redis"}]}}
    said: list[str] = []

    def report(message: str, urn: str | None = None) -> None:
        said.append(message)

    for kind in ("aws:s3/bucket:Bucket", "kubernetes:core/v1:PodPatch", "kubernetes:core/v1:Pod"):
        args = ResourceValidationArgs(kind, seen(pod), "urn", "name", OPTIONS, None)
        policy.validate(args, report)
    assert len(said) == 1
