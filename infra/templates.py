"""What every stack does alike with the templates of a description (infra.services.description)."""

from collections.abc import Mapping

import pulumi

from infra.services.description import placeholders

__all__ = ["holds", "holds_secret", "with_secrets"]


def holds(template: str, kind: str, name: str | None = None) -> bool:
    """Whether the template has a placeholder of that kind (and name)."""
    return any(
        found.kind == kind and (name is None or found.name == name)
        for found in placeholders(template)
    )


def holds_secret(template: str) -> bool:
    """Whether the text is secret as a whole because a part of it is."""
    return holds(template, "secret")


def with_secrets(text: str, secrets: Mapping[str, pulumi.Output[str]]) -> pulumi.Output[str]:
    """A text in which nothing but its secrets is left to fill in, with them; secret itself."""
    names = sorted({name for kind, name in placeholders(text) if kind == "secret"})

    def fill(values: list[str]) -> str:
        filled = text
        for name, value in zip(names, values, strict=True):
            filled = filled.replace(f"{{secret:{name}}}", value)
        return filled

    return pulumi.Output.secret(pulumi.Output.all(*(secrets[name] for name in names)).apply(fill))
