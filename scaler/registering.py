"""Registers what moves loads from outside: checks it, keeps it, and lets the forecasters see it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from scaler.core.errors import SeriesError
from scaler.loop import Loop
from scaler.ports import Clock
from scaler.records import (
    EVENTS,
    SERIES,
    Registered,
    Unavailable,
    UnknownFactorError,
    UnknownWorkloadError,
)
from scaler.terminal import time_of

__all__ = ["MOST_REGISTERED", "Registrar"]

# Each is a column or more of every workload that it is for.
MOST_REGISTERED = 100
Entry = Mapping[str, Any]


class Registrar:
    """A ``Registering`` over a loop; safe to call from any thread."""

    def __init__(self, loop: Loop, *, clock: Clock) -> None:
        self._loop, self._clock = loop, clock

    def factors(self, kind: str) -> list[dict[str, Any]]:
        return [_shown(one) for one in self._loop.factors.registered() if one.kind == kind]

    def factor(self, kind: str, name: str) -> dict[str, Any]:
        one = self._known(kind, name)
        return {**_shown(one), "entries": [dict(entry) for entry in one.entries]}

    def register_series(
        self,
        name: str,
        values: Sequence[Entry],
        *,
        workloads: Sequence[str],
        is_planned: bool,
        actor: str,
    ) -> dict[str, Any]:
        """Register a series, or replace it.

        A value of the future is known from now on, a value of the past from its own time on, unless
        it says otherwise or was registered as it is before.
        """
        _must_increase(values)
        now, before = self._clock.now(), self._find(SERIES, name)
        was = () if before is None or before.is_planned else before.entries
        known = {(row["at"], row["value"]): row["known_at"] for row in was}
        entries = tuple(
            {
                "at": row["at"],
                "value": row["value"],
                "known_at": None if is_planned else _known_at(row, known, now.timestamp()),
            }
            for row in values
        )
        return self._keep(
            SERIES, name, entries, workloads=workloads, is_planned=is_planned, actor=actor, now=now
        )

    def register_events(
        self,
        name: str,
        calendar: Sequence[Entry],
        *,
        workloads: Sequence[str],
        actor: str,
    ) -> dict[str, Any]:
        """Register a calendar, or replace it; its events count as announced long ahead."""
        seen: dict[tuple[str, float, float], int] = {}
        for place, row in enumerate(calendar):
            if row["end"] <= row["start"]:
                allowed = f"after the start, {time_of(row['start'])}"
                raise SeriesError(f"events[{place}].end", time_of(row["end"]), allowed)
            key = row["name"], row["start"], row["end"]
            if key in seen:
                found = f"{row['name']} as in events[{seen[key]}]"
                raise SeriesError(f"events[{place}]", found, "each event once")
            seen[key] = place
        entries = tuple(
            {name: row[name] for name in ("name", "start", "end", "weight")}
            for row in sorted(calendar, key=lambda row: (row["start"], row["end"], row["name"]))
        )
        return self._keep(
            EVENTS,
            name,
            entries,
            workloads=workloads,
            is_planned=True,
            actor=actor,
            now=self._clock.now(),
        )

    def unregister(self, kind: str, name: str, *, actor: str) -> None:
        self._known(kind, name)
        self._must_keep()
        self._loop.archive.store.unregister(kind, name)
        self._loop.factors.drop(kind, name, actor=actor)

    def _keep(
        self,
        kind: str,
        name: str,
        entries: tuple[dict[str, Any], ...],
        *,
        workloads: Sequence[str],
        is_planned: bool,
        actor: str,
        now: datetime,
    ) -> dict[str, Any]:
        books = self._loop.books
        for workload in workloads:
            if workload not in books:
                raise UnknownWorkloadError(workload, sorted(books))
        before = self._find(kind, name)
        if before is None and len(self._loop.factors.registered()) >= MOST_REGISTERED:
            raise SeriesError("name", f"{name}, one more", f"at most {MOST_REGISTERED} together")
        revision = now.isoformat()
        if before and before.is_planned == is_planned and _goes_on(before, entries):
            revision = before.revision
        registered = Registered(
            kind=kind,
            name=name,
            workloads=tuple(dict.fromkeys(workloads)),
            at=now,
            actor=actor,
            revision=revision,
            is_planned=is_planned,
            entries=entries,
        )
        self._must_keep()
        self._loop.archive.store.register(registered)
        self._loop.factors.take(registered)
        return _shown(registered)

    def _must_keep(self) -> None:
        """Refuse while the store is away.

        Raises:
            Unavailable: it does not answer, or is left alone because it lately did not.
        """
        dependency = self._loop.archive.dependency
        if dependency.is_paused:
            raise Unavailable(dependency.name, dependency.problem or "it did not answer lately")

    def _find(self, kind: str, name: str) -> Registered | None:
        everything = self._loop.factors.registered()
        return next((one for one in everything if (one.kind, one.name) == (kind, name)), None)

    def _known(self, kind: str, name: str) -> Registered:
        found = self._find(kind, name)
        if found is None:
            known = [one.name for one in self._loop.factors.registered() if one.kind == kind]
            raise UnknownFactorError(kind, name, known)
        return found


def _must_increase(values: Sequence[Entry]) -> None:
    for place, row in enumerate(values):
        if place and row["at"] <= values[place - 1]["at"]:
            before = values[place - 1]["at"]
            found = time_of(row["at"])
            found += " again" if row["at"] == before else f" after {time_of(before)}"
            raise SeriesError(f"values[{place}].at", found, "times that increase, each once")
        known_at = row.get("known_at")
        if known_at is not None and known_at > row["at"]:
            allowed = f"at most its time, {time_of(row['at'])}"
            raise SeriesError(f"values[{place}].known_at", time_of(known_at), allowed)


def _known_at(row: Entry, known: Mapping[tuple[Any, Any], Any], now: float) -> float | None:
    """From when on a value was known; ``None`` for its own time."""
    if row.get("known_at") is not None:
        return float(row["known_at"])
    key = row["at"], row["value"]
    if key in known:
        return None if known[key] is None else float(known[key])
    return now if row["at"] > now else None


def _goes_on(before: Registered, entries: Sequence[Entry]) -> bool:
    """Whether entries say the same as before about what had been when those were registered.

    The oldest may be left out by now: a load of that time is soon forgotten as well.
    """
    begin, end = _bounds(before)
    first = min((entry[begin] for entry in entries), default=None)
    oldest = min((entry[begin] for entry in before.entries), default=None)
    until = before.at.timestamp()
    if first is None or oldest is None or first < oldest or first > until:
        return False
    compared = ("at", "value") if before.kind == SERIES else ("name", "start", "end", "weight")

    def past(rows: Sequence[Entry]) -> list[tuple[Any, ...]]:
        return [
            tuple(row[name] for name in compared)
            for row in rows
            if row[begin] >= first and row[end] <= until
        ]

    return past(before.entries) == past(entries)


def _bounds(registered: Registered) -> tuple[str, str]:
    """Fields of when an entry begins and ends."""
    return ("at", "at") if registered.kind == SERIES else ("start", "end")


def _shown(registered: Registered) -> dict[str, Any]:
    begin, end = _bounds(registered)
    entries = registered.entries
    return {
        "name": registered.name,
        "kind": registered.kind,
        "workloads": list(registered.workloads),
        "is_planned": registered.is_planned,
        "count": len(entries),
        "first": min((entry[begin] for entry in entries), default=None),
        "last": max((entry[end] for entry in entries), default=None),
        "registered_at": registered.at.isoformat(),
        "registered_by": registered.actor,
    }
