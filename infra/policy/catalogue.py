"""All rules, and what a set of manifests breaks of them."""

from collections.abc import Iterable, Mapping

from infra.policy import (
    access,
    exposure,
    images,
    lifecycle,
    names,
    namespaces,
    pod_references,
    pod_security,
    pods,
    references,
    scaling,
    secrecy,
    selection,
)
from infra.policy.inventory import Inventory
from infra.policy.manifests import Manifest
from infra.policy.rule import AnyRule, Finding
from infra.policy.waivers import waiver_rules

__all__ = ["GROUPS", "RULES", "findings"]

# By the title that each group has in the documentation.
GROUPS: Mapping[str, tuple[AnyRule, ...]] = {
    "Pod Security restricted": pod_security.RULES,
    "Pods": (*pods.RULES, *lifecycle.RULES),
    "Images": images.RULES,
    "Selectors": selection.RULES,
    "References": (*pod_references.RULES, *references.RULES),
    "Scaling and budgets": scaling.RULES,
    "Access to the API": access.RULES,
    "What is public": exposure.RULES,
    "Secrets": secrecy.RULES,
    "Namespaces": namespaces.RULES,
    "Names": names.RULES,
}
_BASIC = {rule.id: rule for rules in GROUPS.values() for rule in rules}
RULES: Mapping[str, AnyRule] = {**_BASIC, **{rule.id: rule for rule in waiver_rules(_BASIC)}}


def findings(manifests: Iterable[Manifest]) -> list[Finding]:
    """Everything that the resources of one stack break, in the order of the rules."""
    inventory = Inventory.of(manifests)
    return [finding for rule in RULES.values() for finding in rule.check_all(inventory)]
