"""The admission rules as the program declares them; the test cluster tries what they say."""

import pytest

from infra.platform.admission import RULES, Rule
from infra.services import scaler
from tests.infra.kubernetes import stacks

VERSIONS = {"horizontalpodautoscalers": "v2"}  # all others are v1


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_is_in_force_and_says_what_is_allowed(rule: Rule) -> None:
    declared = stacks.of()
    policy = stacks.found(declared, "ValidatingAdmissionPolicy", f"autoserve-{rule.name}")
    binding = stacks.found(declared, "ValidatingAdmissionPolicyBinding", f"autoserve-{rule.name}")
    assert policy["spec"]["failurePolicy"] == "Fail"
    assert policy["spec"]["validations"] == [
        {"expression": rule.expression, "message": rule.message}
    ]
    assert binding["spec"]["validationActions"] == ["Deny"]
    (selected,) = binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
    assert {"autoserve", "autoserve-data", "autoserve-observability"} <= set(selected["values"])
    assert ("autoserve-edge" in selected["values"]) is rule.edge


def test_a_rule_names_the_version_that_its_expression_reads() -> None:
    declared = stacks.of()
    for rule in RULES:
        policy = stacks.found(declared, "ValidatingAdmissionPolicy", f"autoserve-{rule.name}")
        for kinds in policy["spec"]["matchConstraints"]["resourceRules"]:
            for resource in kinds["resources"]:
                assert kinds["apiVersions"] == [VERSIONS.get(resource, "v1")]


def test_the_rule_of_the_floor_is_about_the_account_that_the_scaler_has() -> None:
    """In the namespace where it lives, by the name that its pods run as."""
    (rule,) = (rule for rule in RULES if rule.name == "floor")
    pod = stacks.pod(stacks.of({"scaling": "hpa"}), scaler.NAME)
    account = pod["serviceAccountName"]
    assert f"'system:serviceaccount:' + request.namespace + ':{account}'" in rule.expression
