"""Sets of ports as ranges: small enough to compare whole port spaces exactly."""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["ALL_PORTS", "FIRST_PORT", "LAST_PORT", "NO_PORTS", "PROTOCOLS", "PortRange", "PortSet"]

PROTOCOLS = ("TCP", "UDP", "SCTP")
FIRST_PORT, LAST_PORT = 1, 65_535


@dataclass(frozen=True, order=True)
class PortRange:
    """Ports from ``first`` to ``last``, both included, of one protocol."""

    protocol: str
    first: int
    last: int

    def __str__(self) -> str:
        if (self.first, self.last) == (FIRST_PORT, LAST_PORT):
            return f"{self.protocol} all ports"
        return f"{self.protocol} {self.first}" + (
            f"-{self.last}" if self.last != self.first else ""
        )


@dataclass(frozen=True)
class PortSet:
    """Disjoint ranges that do not touch, in order: equal sets are equal objects."""

    ranges: tuple[PortRange, ...] = ()

    @classmethod
    def of(cls, ranges: Iterable[PortRange]) -> "PortSet":
        merged: list[PortRange] = []
        for each in sorted(ranges):
            last = merged[-1] if merged else None
            if last and last.protocol == each.protocol and each.first <= last.last + 1:
                merged[-1] = PortRange(each.protocol, last.first, max(last.last, each.last))
            else:
                merged.append(each)
        return cls(tuple(merged))

    def __or__(self, other: "PortSet") -> "PortSet":
        return PortSet.of((*self.ranges, *other.ranges))

    def __and__(self, other: "PortSet") -> "PortSet":
        return PortSet.of(
            PortRange(mine.protocol, max(mine.first, theirs.first), min(mine.last, theirs.last))
            for mine in self.ranges
            for theirs in other.ranges
            if mine.protocol == theirs.protocol
            and max(mine.first, theirs.first) <= min(mine.last, theirs.last)
        )

    def __sub__(self, other: "PortSet") -> "PortSet":
        left = list(self.ranges)
        for theirs in other.ranges:
            left = [part for mine in left for part in _without(mine, theirs)]
        return PortSet.of(left)


def _without(mine: PortRange, theirs: PortRange) -> list[PortRange]:
    """What is left of a range: nothing, a part, or the parts on both sides."""
    apart = theirs.last < mine.first or mine.last < theirs.first
    if mine.protocol != theirs.protocol or apart:
        return [mine]
    sides = (
        PortRange(mine.protocol, mine.first, theirs.first - 1),
        PortRange(mine.protocol, theirs.last + 1, mine.last),
    )
    return [side for side in sides if side.first <= side.last]


NO_PORTS = PortSet()
ALL_PORTS = PortSet.of(PortRange(protocol, FIRST_PORT, LAST_PORT) for protocol in PROTOCOLS)
