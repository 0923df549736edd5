"""The page of the rules is what the rules say."""

from typing import Any

from infra.local.state import tree_root
from infra.policy.catalogue import RULES
from infra.policy.documentation import page
from infra.policy.rule import Rule


def test_the_page_is_made_from_the_rules() -> None:
    written = (tree_root() / "docs" / "policies.md").read_text()
    assert written == page(), "run: python -m infra.policy.documentation > docs/policies.md"


def test_every_rule_is_on_the_page_once() -> None:
    text = page()
    for rule in RULES.values():
        assert text.count(f"| `{rule.id}` |") == 1


def test_the_rule_on_the_page_works() -> None:
    _, _, rest = page().partition("```python\n")
    names: dict[str, Any] = {}
    exec(rest.partition("```")[0], names)  # noqa: S102 - our own page
    owner = names["owner"]
    assert isinstance(owner, Rule)
    metadata = {"name": "api", "namespace": "shop"}
    (finding,) = owner.check({"kind": "Deployment", "metadata": metadata})
    assert str(finding) == (
        "Deployment shop/api: metadata.labels.owner: found nothing; allowed: the name of a team. "
        "Label it `owner`. [team-owner]"
    )
    labelled = {**metadata, "labels": {"owner": "web"}}
    assert list(owner.check({"kind": "Deployment", "metadata": labelled})) == []
