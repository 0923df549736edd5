"""What a rule over Kubernetes resources is, and what it finds.

Rules are pure functions over manifests: plain mappings in the API's own camelCase, as they would be
applied. A `Rule` judges one resource by itself, a `SetRule` needs to see all of them (whether a
name resolves, say). Both are values: they can be listed, documented, run in tests, and given to the
engine as a policy pack.

A resource may be excused from a rule by an annotation `WAIVER`<rule id> that says why.

A value that is not known yet (a generated name during a preview) stands as `Unknown`, and is not
judged: no finding is made of it. A secret stands as `SecretValue`, which shows nothing.
"""

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from infra.policy.inventory import Inventory
from infra.policy.manifests import Manifest, annotations_of, resource_name
from infra.rendering.values import Unknown

__all__ = [
    "WAIVER",
    "AnyRule",
    "Finding",
    "Level",
    "Rule",
    "SetRule",
    "Violation",
    "rule",
    "set_rule",
]

WAIVER = "policy.autoserve.io/"  # prefix of an annotation; the rule's id follows
SHOWN_CHARACTERS = 120  # of what was found, in a message


class Level(StrEnum):
    """What the engine does about a finding."""

    MANDATORY = "mandatory"  # the update is refused
    ADVISORY = "advisory"  # it is said


class Violation(NamedTuple):
    """What a rule's judge yields: where, what is there (None: nothing), and what may be there."""

    manifest: Manifest
    field: str
    found: Any
    allowed: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One place that breaks a rule. As text it is a whole sentence."""

    rule: str
    resource: str  # Kind namespace/name
    field: str
    found: Any
    allowed: str
    remedy: str
    level: Level
    manifest: Manifest = dataclasses.field(repr=False, compare=False)

    @property
    def sentence(self) -> str:
        return f"{self.resource}: {self.field}: found {shown(self.found)}; allowed: {self.allowed}"

    def __str__(self) -> str:
        return f"{self.sentence}. {self.remedy} [{self.rule}]"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule that one resource can break by itself.

    Attributes:
        id: stable; waivers and the pack's configuration name it.
        meaning: what holds, and why, in one sentence.
        remedy: what to do about a finding, in one sentence.
    """

    id: str
    meaning: str
    remedy: str
    level: Level
    judge: Callable[[Manifest], Iterator[Violation]] = dataclasses.field(repr=False)

    def check(self, manifest: Manifest) -> Iterator[Finding]:
        """What the resource breaks; nothing for kinds that the rule is not about."""
        return _findings(self, self.judge(manifest))

    def check_all(self, manifests: Iterable[Manifest]) -> Iterator[Finding]:
        for manifest in manifests:
            yield from self.check(manifest)


@dataclass(frozen=True, kw_only=True)
class SetRule:
    """A rule that is about resources together; attributes as those of `Rule`."""

    id: str
    meaning: str
    remedy: str
    level: Level
    judge: Callable[[Inventory], Iterator[Violation]] = dataclasses.field(repr=False)

    def check_all(self, manifests: Iterable[Manifest]) -> Iterator[Finding]:
        """What the set breaks; an `Inventory` made before is used as it is."""
        return _findings(self, self.judge(Inventory.of(manifests)))


AnyRule = Rule | SetRule


def rule(
    id: str, *, meaning: str, remedy: str, level: Level = Level.MANDATORY
) -> Callable[[Callable[[Manifest], Iterator[Violation]]], Rule]:
    """Make a `Rule` of a judge."""
    return lambda judge: Rule(id=id, meaning=meaning, remedy=remedy, level=level, judge=judge)


def set_rule(
    id: str, *, meaning: str, remedy: str, level: Level = Level.MANDATORY
) -> Callable[[Callable[[Inventory], Iterator[Violation]]], SetRule]:
    """Make a `SetRule` of a judge."""
    return lambda judge: SetRule(id=id, meaning=meaning, remedy=remedy, level=level, judge=judge)


def shown(value: Any) -> str:
    """A value as a person reads it in a manifest, cut where it is long."""
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."


def _findings(made_by: AnyRule, violations: Iterable[Violation]) -> Iterator[Finding]:
    for violation in violations:
        waived = annotations_of(violation.manifest).get(f"{WAIVER}{made_by.id}")
        if not waived and not _is_unknown(violation.found):
            yield Finding(
                rule=made_by.id,
                resource=resource_name(violation.manifest),
                field=violation.field,
                found=violation.found,
                allowed=violation.allowed,
                remedy=made_by.remedy,
                level=made_by.level,
                manifest=violation.manifest,
            )


def _is_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_is_unknown(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return any(_is_unknown(inner) for inner in value)
    return isinstance(value, Unknown)
