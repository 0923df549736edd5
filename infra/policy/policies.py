"""The rules as policies of the engine, for ``pulumi preview`` and ``pulumi up --policy-pack``.

The engine shows a policy pack resources by their inputs, after the provider has filled in names,
and at the end all of them together. Secrets arrive in the clear there, unmarked: that none is
outside of a Secret (`secret-outside`) is judged in the tests, where they are marked.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from infra.policy.catalogue import RULES
from infra.policy.inventory import Inventory
from infra.policy.manifests import Manifest
from infra.policy.rule import AnyRule, Finding, Rule, SetRule
from infra.rendering.values import UNKNOWN

__all__ = ["PACK", "manifest_of", "policies"]

Seen = dict[str, Manifest | None]  # inputs of the resources of one stack, by URN

PACK = "autoserve"
TOKEN = "kubernetes:"  # noqa: S105 - the prefix of the provider's types
IN_TESTS_ONLY = frozenset({"secret-outside"})


def policies() -> list[Policy]:
    """A policy for every rule, of the same name. They share what they have seen of a stack."""
    seen: Seen = {}
    wanted = [rule for rule in RULES.values() if rule.id not in IN_TESTS_ONLY]
    return [_policy(rule, seen) for rule in wanted]


def manifest_of(resource_type: str, properties: Mapping[str, Any]) -> Manifest | None:
    """The Kubernetes object that a resource of the engine is, None where it is none.

    Args:
        resource_type: its type token.
        properties: its inputs, in the SDK's proxies that refuse to show unknown values.
    """
    plain = _plain(properties)
    is_object = resource_type.startswith(TOKEN) and {"apiVersion", "kind"} <= set(plain)
    # Patches and lists are no objects of their own: the kind says what they are about.
    return plain if is_object and resource_type.rpartition(":")[2] == plain["kind"] else None


def _policy(rule: AnyRule, seen: Seen) -> Policy:
    level = EnforcementLevel(rule.level.value)
    if isinstance(rule, Rule):
        return ResourceValidationPolicy(
            rule.id, rule.meaning, _of_resource(rule, seen), level, remediation_steps=rule.remedy
        )
    return StackValidationPolicy(
        rule.id, rule.meaning, _of_stack(rule, seen), level, remediation_steps=rule.remedy
    )


def _of_resource(rule: Rule, seen: Seen) -> Any:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        manifest = seen[args.urn] = manifest_of(args.resource_type, args.props)
        for finding in rule.check(manifest) if manifest is not None else ():
            report(_message(finding), None)

    return validate


def _of_stack(rule: SetRule, seen: Seen) -> Any:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        urns, inventory = _inventory(args.resources, seen)
        for finding in rule.check_all(inventory):
            report(_message(finding), urns[id(finding.manifest)])

    return validate


def _inventory(resources: Sequence[PolicyResource], seen: Seen) -> tuple[dict[int, str], Inventory]:
    """The Kubernetes objects of a stack, and the URN of each by its identity.

    A resource comes here with what the API server made of it, defaults included, which nobody
    declared: its inputs are taken where they were seen before.
    """
    urns, manifests = {}, []
    for resource in resources:
        manifest = seen.get(resource.urn) or manifest_of(resource.resource_type, resource.props)
        if manifest is not None:
            urns[id(manifest)] = resource.urn
            manifests.append(manifest)
    return urns, Inventory(manifests)


def _message(finding: Finding) -> str:
    """The engine shows the policy's name, its meaning and the resource itself."""
    return f"{finding.sentence}. {finding.remedy}"


def _plain(value: Any) -> Any:
    """Plain data of the SDK's proxies, with `UNKNOWN` for what they refuse to show."""
    if isinstance(value, Mapping):
        return {key: _item(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_item(value, index) for index in range(len(value))]
    # Numbers arrive as floating-point ones.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _item(holder: Any, key: Any) -> Any:
    try:
        return _plain(holder[key])
    except UnknownValueError:
        return UNKNOWN
