"""Names and labels of everything in a cluster; each rule stands here once.

Names of objects follow from the service's name and the kind's purpose. The environment is in the
namespace only, so that logical names are the same in every stack.
"""

from dataclasses import dataclass

from infra.services.description import Tier

__all__ = [
    "NAMESPACE_LABEL",
    "NAME_LABEL",
    "PART_OF",
    "PART_OF_LABEL",
    "Namespaces",
    "labels",
    "selector",
]

NAME_LABEL = "app.kubernetes.io/name"
PART_OF_LABEL = "app.kubernetes.io/part-of"
NAMESPACE_LABEL = "kubernetes.io/metadata.name"  # set by the API server on every namespace
PART_OF = "autoserve"


@dataclass(frozen=True, kw_only=True)
class Namespaces:
    """The namespaces of a stack, made from one prefix."""

    prefix: str

    @property
    def edge(self) -> str:
        return f"{self.prefix}-edge"

    @property
    def all(self) -> dict[str, str]:
        """By what they are for."""
        return {tier.value: self.of(tier) for tier in Tier} | {"edge": self.edge}

    def of(self, tier: Tier) -> str:
        return self.prefix if tier is Tier.SERVICES else f"{self.prefix}-{tier.value}"


def labels(name: str) -> dict[str, str]:
    """Of every object that belongs to a service."""
    return {NAME_LABEL: name, PART_OF_LABEL: PART_OF}


def selector(name: str) -> dict[str, str]:
    """What selects the pods of a service. Immutable in a Deployment: no version belongs in it."""
    return {NAME_LABEL: name}
