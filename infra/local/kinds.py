"""What the provider asks of each kind of resource, in plain values.

A kind does no engine talk and knows no secrets' marks: `infra.local.provider` translates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["Difference", "Inputs", "Kind", "Problem", "changed"]

Inputs = Mapping[str, Any]
Problem = tuple[str, str]  # property path, and why it cannot be used


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What an update or a replacement would be for; nothing when all is as it should be."""

    update: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    live: tuple[str, ...] = field(default=())  # outputs that differ from what is true now


class Kind(Protocol):
    """One kind of resource. Methods block; they are called from threads of a pool."""

    secrets: tuple[str, ...]  # properties that are secret whatever the program says

    def check(self, name: str, inputs: Inputs) -> list[Problem]:
        """What cannot be used."""

    def diff(self, name: str, old: Inputs, new: Inputs) -> Difference:
        """How inputs, and what is true on the machine, differ from the old state."""

    def preview(self, name: str, inputs: Inputs) -> dict[str, Any]:
        """The outputs as far as they are known beforehand."""

    def create(self, name: str, inputs: Inputs) -> dict[str, Any]:
        """Make it; returns the outputs."""

    def read(self, name: str, state: Inputs) -> dict[str, Any]:
        """The outputs as they are now."""

    def update(self, name: str, old: Inputs, new: Inputs) -> dict[str, Any]:
        """Change it in place; returns the outputs."""

    def delete(self, name: str, state: Inputs) -> None:
        """Remove it; no error when it is gone."""


def changed(old: Inputs, new: Inputs, outputs: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the inputs that differ; an absent one equals an empty one."""
    names = {*old, *new} - set(outputs)
    return tuple(
        sorted(name for name in names if (old.get(name) or None) != (new.get(name) or None))
    )
