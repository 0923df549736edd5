"""All resources of a stack, by kind, name and label, as rules over the whole set look them up."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from infra.policy.manifests import (
    Manifest,
    Pod,
    dig,
    entries,
    kind_of,
    mapping,
    name_of,
    namespace_of,
    pods_of,
    text,
)
from infra.rendering.selectors import SelectorError, matches

__all__ = ["Inventory", "selects"]


class Inventory:
    """A fixed set of manifests; what is derived from it is kept. Iterating gives the manifests."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        self._all = tuple(manifests)
        self._by_kind: dict[str, list[Manifest]] = defaultdict(list)
        self._by_name: dict[tuple[str, str, str], Manifest] = {}
        for manifest in self._all:
            kind = kind_of(manifest)
            self._by_kind[kind].append(manifest)
            self._by_name.setdefault((kind, namespace_of(manifest), name_of(manifest)), manifest)

    @classmethod
    def of(cls, manifests: "Iterable[Manifest] | Inventory") -> "Inventory":
        """The set of some manifests, so that many rules can share what is derived from it."""
        return manifests if isinstance(manifests, Inventory) else cls(manifests)

    def __iter__(self) -> Iterator[Manifest]:
        return iter(self._all)

    def kinds(self, *kinds: str) -> Iterator[Manifest]:
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    def get(self, kind: Any, namespace: str, name: Any) -> Manifest | None:
        """The resource of that name; None for a name that is malformed or not known yet."""
        return self._by_name.get((text(kind), namespace, text(name) or "(none)"))

    def names(self, kind: Any, namespace: str = "") -> list[str]:
        """Names of a kind in a namespace, for messages that say what there is."""
        return sorted(
            name_of(found)
            for found in self._by_kind.get(text(kind), ())
            if not namespace or namespace_of(found) == namespace
        )

    @cached_property
    def pods(self) -> tuple[Pod, ...]:
        return tuple(pod for manifest in self._all for pod in pods_of(manifest))

    @cached_property
    def _pods_by_namespace(self) -> Mapping[str, list[Pod]]:
        found: dict[str, list[Pod]] = defaultdict(list)
        for pod in self.pods:
            found[pod.namespace].append(pod)
        return found

    def selected(self, namespace: str, selector: Any) -> list[Pod]:
        """The pods of a namespace that a label selector chooses."""
        within = self._pods_by_namespace.get(namespace, [])
        return [pod for pod in within if selects(selector, pod.labels)]


def selects(selector: Any, labels: Mapping[str, str]) -> bool:
    """Whether a label selector chooses an object with these labels; absent, it chooses all."""
    expressions = [each for _, each in entries(selector, "matchExpressions") if "key" in each]
    wanted = {"matchLabels": mapping(dig(selector, "matchLabels")), "matchExpressions": expressions}
    try:
        return matches(wanted, labels)
    except (SelectorError, KeyError, TypeError):
        return False  # malformed: the API server refuses it, so it chooses nothing
