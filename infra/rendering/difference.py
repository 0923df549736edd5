"""What differs between two renderings: objects, fields, and who may connect to whom.

An object is the same when kind, namespace and name are; of a name that follows the content, the
part before its suffix counts. Lists whose items have names are compared item by item.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.rendering.implied_peers import edges_of
from infra.rendering.port_ranges import NO_PORTS, PortSet
from infra.rendering.reachability import Edge
from infra.rendering.recording import Manifest
from infra.rendering.stable_names import title
from infra.rendering.values import PLAIN_KEY

__all__ = ["ABSENT", "Change", "ChangedObject", "Difference", "Rendering", "difference"]


class Absent:
    """Stands where a side has no such field."""

    def __repr__(self) -> str:
        return "[absent]"


ABSENT = Absent()


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """The objects of a stack as its files have them, and the addresses of others' releases."""

    objects: Mapping[str, Manifest]
    releases: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Rendering":
        """Read from the texts of a rendering's YAML files."""
        # The C parser reads a large stack in a tenth of the time.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        documents = [yaml.load(text, Loader=loader) for text in texts]  # noqa: S506 - a safe one
        releases = {
            address
            for each in documents
            if each["kind"] == "Kustomization"
            for address in each["resources"]
        }
        objects = {title(each): each for each in documents if each["kind"] != "Kustomization"}
        return cls(objects=objects, releases=frozenset(releases))

    @classmethod
    def in_folder(cls, folder: Path) -> "Rendering":
        return cls.of(file.read_text() for file in sorted(folder.glob("*/*.yaml")))


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field: its path and both values, `ABSENT` where there is none."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True)
class ChangedObject:
    title: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What the second rendering has more, less and else than the first."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[ChangedObject, ...]
    gained: tuple[Edge, ...]
    lost: tuple[Edge, ...]
    releases_added: tuple[str, ...]
    releases_removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__dataclass_fields__)


def difference(before: Rendering, after: Rendering) -> Difference:
    """Compare two renderings."""
    ours, theirs = before.objects, after.objects
    changed = (
        ChangedObject(title=name, changes=changes)
        for name in sorted(set(ours) & set(theirs))
        if (changes := tuple(_changes(ours[name], theirs[name], "")))
    )
    edges_before = _by_ends(edges_of(ours.values(), others=theirs.values()))
    edges_after = _by_ends(edges_of(theirs.values(), others=ours.values()))
    return Difference(
        added=tuple(sorted(set(theirs) - set(ours))),
        removed=tuple(sorted(set(ours) - set(theirs))),
        changed=tuple(changed),
        gained=tuple(_more(edges_after, edges_before)),
        lost=tuple(_more(edges_before, edges_after)),
        releases_added=tuple(sorted(after.releases - before.releases)),
        releases_removed=tuple(sorted(before.releases - after.releases)),
    )


def _changes(before: Any, after: Any, path: str) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            dotted = f".{key}" if path else key
            inner = path + (dotted if PLAIN_KEY.fullmatch(key) else f'["{key}"]')
            yield from _changes(before.get(key, ABSENT), after.get(key, ABSENT), inner)
    elif (ours := _by_name(before)) is not None and (theirs := _by_name(after)) is not None:
        for name in dict.fromkeys((*ours, *theirs)):
            inner = f"{path}[{name}]"
            yield from _changes(ours.get(name, ABSENT), theirs.get(name, ABSENT), inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _changes(one, other, f"{path}[{number}]")
    elif before != after:
        yield Change(path=path, before=before, after=after)


def _by_name(value: Any) -> dict[str, Any] | None:
    """The items of a list by their names, where each has one of its own."""
    if not isinstance(value, list) or not value:
        return None
    if not all(isinstance(item, Mapping) and isinstance(item.get("name"), str) for item in value):
        return None
    named = {item["name"]: item for item in value}
    return named if len(named) == len(value) else None


Ends = tuple[str, str]


def _by_ends(edges: Iterable[Edge]) -> dict[Ends, PortSet]:
    found: dict[Ends, PortSet] = {}
    for edge in edges:
        ends = edge.source, edge.target
        found[ends] = found.get(ends, NO_PORTS) | PortSet((edge.ports,))
    return found


def _more(edges: dict[Ends, PortSet], others: dict[Ends, PortSet]) -> Iterator[Edge]:
    for ends, ports in sorted(edges.items(), key=lambda item: item[0]):
        for each in (ports - others.get(ends, NO_PORTS)).ranges:
            yield Edge(*ends, each)
