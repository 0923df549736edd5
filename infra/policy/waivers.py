"""Rules about the exceptions from the rules: each names a rule, says why, and is needed."""

from collections.abc import Callable, Iterator, Mapping

from infra.policy.inventory import Inventory
from infra.policy.manifests import Manifest, annotations_of
from infra.policy.rule import WAIVER, AnyRule, Rule, SetRule, Violation, rule, set_rule

__all__ = ["waiver_rules"]

SHORTEST_REASON = 15  # characters: a few words

Judge = Callable[[Inventory], Iterator[Violation]]


def waiver_rules(rules: Mapping[str, AnyRule]) -> tuple[Rule, SetRule]:
    """The rules about waivers of these rules, by id."""
    return _with_reason(rules), _needed(rules)


def _with_reason(rules: Mapping[str, AnyRule]) -> Rule:
    @rule(
        "waiver-reason",
        meaning="Every waiver names a rule, and says in words why the rule does not hold here.",
        remedy="Correct the rule's id, or write the reason.",
    )
    def with_reason(manifest: Manifest) -> Iterator[Violation]:
        for id, reason in _waivers(manifest):
            where = f"metadata.annotations[{WAIVER}{id}]"
            if id not in rules:
                yield Violation(manifest, where, id, "the id of a rule")
            elif len(reason.strip()) < SHORTEST_REASON:
                allowed = f"a reason of at least {SHORTEST_REASON} characters"
                yield Violation(manifest, where, reason, allowed)

    return with_reason


def _needed(rules: Mapping[str, AnyRule]) -> SetRule:
    @set_rule(
        "waiver-needed",
        meaning="Every waiver is needed: an exception that is no longer one would hide the next.",
        remedy="Remove the annotation.",
    )
    def needed(inventory: Inventory) -> Iterator[Violation]:
        for manifest in inventory:
            for id, reason in _waivers(manifest):
                if id in rules and not _is_broken(rules[id], inventory, manifest):
                    where = f"metadata.annotations[{WAIVER}{id}]"
                    yield Violation(manifest, where, reason, "absent: the rule holds here")

    return needed


def _is_broken(judged: AnyRule, inventory: Inventory, manifest: Manifest) -> bool:
    if isinstance(judged, Rule):
        return any(judged.judge(manifest))
    return any(violation.manifest is manifest for violation in judged.judge(inventory))


def _waivers(manifest: Manifest) -> Iterator[tuple[str, str]]:
    for name, reason in annotations_of(manifest).items():
        if name.startswith(WAIVER):
            yield name.removeprefix(WAIVER), str(reason)
