"""Each rule catches what it is there for, and says so; a good platform breaks none."""

from collections.abc import Sequence

import pytest

from infra.policy.catalogue import GROUPS, RULES, findings
from infra.policy.rule import AnyRule
from tests.infra.policy import (
    bad_access,
    bad_exposure,
    bad_pod_security,
    bad_pods,
    bad_references,
    bad_selectors,
)
from tests.infra.policy.spoiling import Bad, good, spoiled

CASES: Sequence[Bad] = (
    *bad_pod_security.CASES,
    *bad_pods.CASES,
    *bad_selectors.CASES,
    *bad_references.CASES,
    *bad_access.CASES,
    *bad_exposure.CASES,
)


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: f"{bad.rule}-{bad.path or bad.copy}")
def test_what_is_bad_is_caught_and_named(bad: Bad) -> None:
    rule = RULES[bad.rule]
    sentences = [str(finding) for finding in rule.check_all(spoiled(bad))]
    assert f"{bad.sentence}. {rule.remedy} [{rule.id}]" in sentences


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_what_is_good_passes(rule: AnyRule) -> None:
    assert list(rule.check_all(good())) == []


def test_every_rule_has_a_bad_example() -> None:
    assert {bad.rule for bad in CASES} == set(RULES)


def test_all_rules_are_judged_at_once() -> None:
    spoiling = next(bad for bad in CASES if bad.rule == "public-service")
    assert [finding.rule for finding in findings(spoiled(spoiling))] == ["public-service"]


def test_every_rule_is_in_one_group_and_says_what_it_means() -> None:
    listed = [rule.id for rules in GROUPS.values() for rule in rules]
    assert len(listed) == len(set(listed))
    assert set(RULES) - set(listed) == {"waiver-reason", "waiver-needed"}
    for rule in RULES.values():
        assert rule.meaning.endswith("."), rule.id
        assert rule.remedy.endswith("."), rule.id
