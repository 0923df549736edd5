"""What moves the loads from outside, as the forecasters see it: clocks, holidays, registrations.

Columns are made for a window of steps and shared by all workloads that have them, so that a
thousand workloads of one country have its holidays once. A forecaster is always shown the columns
that it was fitted with: what is registered since is for the next one, and what is gone is missing.
"""

from collections.abc import Callable, Iterable, Sequence
from threading import RLock
from typing import Any

import numpy as np
import structlog

from scaler.calendars import UTC_ZONE, CalendarError, holidays_of, offsets_of, zone_of
from scaler.core.covariates import NONE, Covariate, Covariates, Event, Points, events, held
from scaler.core.features import AHEAD
from scaler.core.forecaster import LoadForecaster
from scaler.ports import Clock, FactorStore
from scaler.records import EVENTS, SERIES, Registered, Workload
from scaler.timing import Timing

__all__ = ["Factors", "points_of"]

log = structlog.get_logger()
Key = tuple[str, str]


class Factors:
    """All external factors; safe to use from any thread.

    Attributes:
        is_read: whether it is known what is registered.
    """

    def __init__(self, *, timing: Timing, clock: Clock) -> None:
        self._timing, self._clock = timing, clock
        self._lock = RLock()
        self.is_read = False
        self._registered: dict[Key, Registered] = {}
        self._first, self._count = 0, 0
        self._columns: dict[object, Covariate] = {}
        self._ends: dict[str, float] = {}
        self._made: dict[object, Covariates] = {}

    def read(self, store: FactorStore) -> None:
        """Take over what was registered or removed since, here or at another process."""
        stamps = store.registered()
        with self._lock:
            known = {key: one.at for key, one in self._registered.items()}
        news = [key for key, at in stamps.items() if known.get(key) != at]
        found = [store.registration(*key) for key in news]
        with self._lock:
            self.is_read = True
            self._registered = {key: self._registered[key] for key in stamps if key in known}
            for one in found:
                if one is not None:
                    self.take(one)
            if news or known.keys() - stamps.keys():
                self._forget_columns()

    def take(self, registered: Registered) -> None:
        """Something that was registered just now; it is kept elsewhere."""
        with self._lock:
            self._registered[registered.kind, registered.name] = registered
            self._forget_columns()
        log.info(
            "external factor",
            kind=registered.kind,
            name=registered.name,
            entries=len(registered.entries),
            workloads=registered.workloads or "all",
            actor=registered.actor,
        )

    def drop(self, kind: str, name: str, *, actor: str) -> None:
        """Something was removed just now, and is kept no longer."""
        with self._lock:
            if self._registered.pop((kind, name), None) is not None:
                self._forget_columns()
        log.info("external factor removed", kind=kind, name=name, actor=actor)

    def registered(self) -> tuple[Registered, ...]:
        """All that is registered, by kind and name."""
        with self._lock:
            return tuple(self._registered[key] for key in sorted(self._registered))

    def covariates(self, workload: Workload, *, model: LoadForecaster | None = None) -> Covariates:
        """What is known about a workload from outside.

        Args:
            model: a fitted forecaster, to be shown what it was fitted with.
        """
        with self._lock:
            applying = self._applying(workload.name)
            columns = None if model is None else model.columns_
            zone = workload.timezone if model is None else model.factors_[0] or UTC_ZONE
            has_own = model is None and (applying or workload.country)
            if not columns and zone == UTC_ZONE and not has_own:
                return NONE
            self._slide()
            keys = tuple((one.kind, one.name) for one in applying)
            key = (zone, workload.timezone, workload.country, keys, columns)
            made = self._made.get(key)
            if made is None:
                made = self._made[key] = self._covariates(workload, applying, zone, columns)
            return made

    def problem(self, workload: Workload) -> str | None:
        """What a workload's forecast has to do without now, a clause."""
        now = self._clock.now()
        step = np.array([self._timing.step(now)])
        with self._lock:
            columns = self.covariates(workload).columns
            missing = [column for column in columns if not np.isfinite(column.at(step)[0])]
            said = [_problem(one, self._ends.get(one.name), now.timestamp()) for one in missing]
        return "; ".join(said) or None

    def shown(self, workload: Workload, model: LoadForecaster | None) -> dict[str, Any]:
        """The external factors of a workload, and which of them its forecaster was fitted with."""
        now = self._clock.now().timestamp()
        with self._lock:
            columns = self.covariates(workload).columns
            ends = dict(self._ends)
        step = np.array([self._timing.step(self._clock.now())])
        known = () if model is None else model.columns_
        found = []
        for column in columns:
            value = float(column.at(step)[0])
            end = ends.get(column.name)
            found.append(
                {
                    "name": column.name,
                    "value": value if np.isfinite(value) else None,
                    "known_until": end,
                    "is_used": column.name in known,
                    "problem": None if np.isfinite(value) else _problem(column, end, now),
                }
            )
        used = set(known)
        gone = [name for name in known if name not in {c.name for c in columns}]
        found += [
            {"name": name, "value": None, "known_until": None, "is_used": True, "problem": GONE}
            for name in gone
            if not _is_part(name, used)
        ]
        return {
            "timezone": workload.timezone,
            "country": workload.country or None,
            "factors": found,
        }

    def _applying(self, workload: str) -> list[Registered]:
        if not self._registered:
            return []
        everything = (self._registered[key] for key in sorted(self._registered))
        return [one for one in everything if one.is_for(workload)]

    def _covariates(
        self,
        workload: Workload,
        applying: Sequence[Registered],
        zone: str,
        columns: Sequence[str] | None,
    ) -> Covariates:
        found = [self._column(one) for one in applying]
        if workload.country:
            found.insert(0, self._holidays(workload.country, workload.timezone))
        offsets: tuple[tuple[float, float], ...] = ()
        if zone != UTC_ZONE:
            first_s, last_s = self._bounds_s()
            try:
                offsets = offsets_of(zone_of(zone), first_s=first_s, last_s=last_s)
            except CalendarError as error:  # of a forecaster that was fitted elsewhere
                log.warning("time zone", workload=workload.name, detail=str(error))
        name = "" if zone == UTC_ZONE else zone
        made = Covariates(columns=tuple(found), offsets=offsets, zone=name)
        if columns is None:
            return made
        return Covariates(columns=made.matched(columns), offsets=offsets, zone=name)

    def _column(self, registered: Registered) -> Covariate:
        def make() -> Covariate:
            grid = self._grid()
            title, revision = _title(registered), registered.revision
            self._ends[title] = _end(registered)
            if registered.kind == EVENTS:
                return events(title, _calendar(registered.entries), revision=revision, **grid)
            return held(
                title,
                points_of(registered.entries),
                is_planned=registered.is_planned,
                revision=revision,
                **grid,
            )

        return self._shared((registered.kind, registered.name), _title(registered), make)

    def _holidays(self, country: str, zone: str) -> Covariate:
        def make() -> Covariate:
            first_s, last_s = self._bounds_s()
            days = holidays_of(country, zone=zone_of(zone), first_s=first_s, last_s=last_s)
            return events(f"holiday in {country}", days, **self._grid())

        return self._shared((country, zone), f"holiday in {country}", make)

    def _shared(self, key: object, title: str, make: Callable[[], Covariate]) -> Covariate:
        """A column, made once; one that cannot be made has no value, and stops no forecast."""
        if key not in self._columns:
            try:
                self._columns[key] = make()
            except Exception:
                log.exception("external factor cannot be used", name=title)
                self._columns[key] = Covariate(name=title, first=0, values=np.empty(0))
        return self._columns[key]

    def _slide(self) -> None:
        """Let the window reach from the oldest step that is kept to the last that is forecast."""
        now, keep = self._timing.step(self._clock.now()), self._timing.keep_steps
        spare = self._timing.seasons[0]
        low, high = now - keep - 1, now + AHEAD
        if self._first <= low and high < self._first + self._count:
            return
        self._first = low - spare
        self._count = high + spare - self._first
        self._forget_columns()

    def _forget_columns(self) -> None:
        self._columns.clear()
        self._ends.clear()
        self._made.clear()

    def _grid(self) -> dict[str, Any]:
        return {"first": self._first, "count": self._count, "step_ms": self._timing.step_ms}

    def _bounds_s(self) -> tuple[float, float]:
        step_s = self._timing.step_s
        return self._first * step_s, (self._first + self._count) * step_s


GONE = "it is registered no longer"


def points_of(entries: Iterable[dict[str, Any]]) -> Points:
    """The values of a registered series; known at their own time where nothing else is said."""
    rows = list(entries)
    times = np.array([round(row["at"] * 1000) for row in rows], dtype=np.int64)
    values = [float("nan") if row["value"] is None else row["value"] for row in rows]
    known = [row["at"] if row.get("known_at") is None else row["known_at"] for row in rows]
    return Points(
        times_ms=times,
        values=np.array(values, dtype=np.float64),
        known_ms=np.array([round(at * 1000) for at in known], dtype=np.int64),
    )


def _calendar(entries: Iterable[dict[str, Any]]) -> list[Event]:
    return [
        Event(begin_s=row["start"], end_s=row["end"], size=row.get("weight", 1.0))
        for row in entries
    ]


def _title(registered: Registered) -> str:
    return f"{'series' if registered.kind == SERIES else 'events'} {registered.name}"


def _end(registered: Registered) -> float:
    """Unix time up to which something is registered."""
    field = "at" if registered.kind == SERIES else "end"
    return float(max(row[field] for row in registered.entries))


def _problem(column: Covariate, end: float | None, now: float) -> str:
    if end is not None and end < now:
        at = np.datetime_as_string(np.datetime64(int(end), "s"), unit="m")
        return f"{column.name} is outdated: its last value is of {at}Z"
    return f"{column.name} has no value now"


def _is_part(name: str, names: set[str]) -> bool:
    """Whether a column is one more of another one that is there too."""
    return name.removesuffix(" ahead") != name or name.removeprefix("change of ") in names - {name}
