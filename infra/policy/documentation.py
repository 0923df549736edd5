"""The page that lists the rules: ``python -m infra.policy.documentation > docs/policies.md``."""

from collections.abc import Iterable

from infra.policy.catalogue import GROUPS, RULES
from infra.policy.rule import WAIVER, AnyRule, SetRule

__all__ = ["page"]

INTRODUCTION = f"""\
# Policies

What holds for every Kubernetes resource that AutoServe declares, and may hold for yours. The same
rules judge three times:

- `make test` judges what every stack declares, as update and as preview, on a machine without a
  cluster (`tests/contracts/`);
- `pulumi preview` and `pulumi up` refuse what breaks a rule, where they are given the policy pack:

      pulumi preview --stack dev --policy-pack infra/policy/pack/autoserve-policies

- `infra.policy.catalogue.findings(manifests)` judges plain manifests, in your own tests:

      assert [str(finding) for finding in findings(manifests)] == []

A finding names resource, field, what was found, what is allowed, and what to do:

    Deployment shop/api: spec.template.spec.hostNetwork: found true; allowed: absent or false.
    Leave hostNetwork, hostPID and hostIPC out. [restricted-host-namespaces]

**Exceptions** are annotations of the resource, `{WAIVER}<rule>: <reason>`, in words. One that
names no rule, gives no reason or is not needed is a finding itself.

**Levels.** Every rule is mandatory. `--policy-pack-config FILE` with
`{{"pod-priority": "advisory", "image-maintained": "disabled"}}` only says it, or leaves it out.

**What is not known yet** in a preview (a generated name or password) is not judged; the update
judges it. One rule, `secret-outside`, holds in the tests only: the engine shows a policy pack
secrets without their marks.

The last column says whether a rule judges each resource by itself or all of them together.
"""

FOOTER = """\
## A rule of your own

A rule is a value: an id, a meaning, a remedy and a function from a manifest to what is wrong in it.

```python
from infra.policy.manifests import dig
from infra.policy.rule import Violation, rule


@rule("team-owner", meaning="Every Deployment has an owner.", remedy="Label it `owner`.")
def owner(manifest):
    if manifest["kind"] == "Deployment" and not dig(manifest, "metadata", "labels", "owner"):
        yield Violation(manifest, "metadata.labels.owner", None, "the name of a team")
```

List it in a module's `RULES`, that in `infra/policy/catalogue.py`, and give it a bad example in
`tests/infra/policy/`: a rule without one fails the tests.
"""


def page() -> str:
    """The page as Markdown."""
    listed = {rule.id for rules in GROUPS.values() for rule in rules}
    groups = {**GROUPS, "Exceptions": tuple(r for r in RULES.values() if r.id not in listed)}
    tables = [f"## {title}\n\n{_table(rules)}" for title, rules in groups.items()]
    return "\n".join([INTRODUCTION, *tables, FOOTER])


def _table(rules: Iterable[AnyRule]) -> str:
    rows = ["| rule | what holds | remedy | judges |", "|---|---|---|---|"]
    for rule in rules:
        judged = "all" if isinstance(rule, SetRule) else "each"
        rows.append(f"| `{rule.id}` | {rule.meaning} | {rule.remedy} | {judged} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - this is what it is for
