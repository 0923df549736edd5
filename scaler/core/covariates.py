"""What moves a load from outside: the local clock, holidays, campaigns, the weather.

A covariate is a series beside the load. One whose future is known, such as a holiday or an
announced campaign, is read at the step that is forecast; any other at the present step. One whose
values were known from different times on, such as a weather forecast, is read at both, and its
future only as far as it was known at the present step. Where it has no value it is NaN, and the
forecast goes on without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scaler.core.series import Floats, Ints, Series

__all__ = ["HELD", "NONE", "Covariate", "Covariates", "Event", "Points", "events", "held"]

# A value holds until the next one, for so many times the usual distance of two at most.
HELD = 2.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Covariate:
    """One series beside the load, in the same steps.

    Attributes:
        name: what it is, for people.
        first: the step of ``values[0]``.
        values: (n,) in any unit; NaN where unknown.
        known_ahead: whether its values of the future are known when they are needed.
        known_from: (n,) the step from which on each value was known, where that differs; only for
            one that is known ahead.
        is_calendar: whether it says that something is on, and 0 that nothing is.
        revision: changes when its past does, for the same name.
    """

    name: str
    first: int
    values: Floats
    known_ahead: bool = False
    known_from: Ints | None = None
    is_calendar: bool = False
    revision: str = ""

    def at(self, steps: Ints) -> Floats:
        """(m,) its values at steps, NaN outside of what is known."""
        index = steps - self.first
        inside = (index >= 0) & (index < len(self.values))
        found = (
            self.values[np.clip(index, 0, max(0, len(self.values) - 1))]
            if len(self.values)
            else np.full(len(steps), np.nan)
        )
        return np.where(inside, found, np.nan)

    def foreseen(self, steps: Ints, leads: Ints) -> Floats:
        """(m,) its values so many steps ahead, NaN where they were not known at the steps."""
        ahead = self.at(steps + leads)
        if self.known_from is None or not len(self.values):
            return ahead
        index = np.clip(steps + leads - self.first, 0, len(self.values) - 1)
        return np.where(self.known_from[index] <= steps, ahead, np.nan)

    @property
    def column_names(self) -> tuple[str, ...]:
        """What its columns in `Covariates.features` are called."""
        if not self.known_ahead:
            return (self.name,)
        if self.known_from is None:
            return self.name, f"change of {self.name}"
        return self.name, f"{self.name} ahead", f"change of {self.name}"

    def columns(self, steps: Ints, leads: Ints) -> list[Floats]:
        """Each (m,): what was known of it at steps about them and their lead time."""
        now = self.at(steps)
        if not self.known_ahead:
            return [now]
        ahead = self.foreseen(steps, leads)
        if self.known_from is None:
            return [ahead, ahead - now]
        return [now, ahead, ahead - now]


@dataclass(frozen=True, kw_only=True, eq=False)
class Points:
    """Values at moments of their own.

    Attributes:
        times_ms: (n,) Unix time in milliseconds, increasing.
        values: (n,) in any unit; NaN where unknown from then on.
        known_ms: (n,) when each value was known, at most its time.
    """

    times_ms: Ints
    values: Floats
    known_ms: Ints


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something announced: a campaign, a match, a sale.

    Attributes:
        begin_s, end_s: Unix times, begin < end.
        size: how large it is beside other events of its kind.
    """

    begin_s: float
    end_s: float
    size: float = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Covariates:
    """All covariates of one workload.

    Attributes:
        columns: beside the load.
        offsets: (Unix time from which on, seconds that the local clock is ahead of UTC), by time;
            seasons follow the local clock, so that a day's peak stays in place when it is changed.
        zone: name of that clock; "" for UTC.
    """

    columns: tuple[Covariate, ...] = ()
    offsets: tuple[tuple[float, float], ...] = ()
    zone: str = ""

    def clock(self, series: Series, *, beyond: int = 0) -> Ints:
        """(n + beyond,) the local step of each step of a series and of those after it."""
        steps = np.arange(series.first, series.first + len(series.values) + beyond)
        if not self.offsets:
            return steps
        begins = np.array([begin for begin, _ in self.offsets]) * 1000 / series.step_ms
        ahead = np.array([offset for _, offset in self.offsets]) * 1000 / series.step_ms
        place = np.clip(np.searchsorted(begins, steps, side="right") - 1, 0, None)
        return steps + np.round(ahead[place]).astype(np.int64)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(name for column in self.columns for name in column.column_names)

    @property
    def identity(self) -> tuple[str, ...]:
        """Another one means another clock, other columns, or another past of them; zone first."""
        revisions = (f"{column.name} of {column.revision}" for column in self.columns)
        return (self.zone, *self.column_names, *revisions)

    def features(self, steps: Ints, leads: Ints) -> Floats:
        """(m, columns) what is known at steps about each of them and its lead time."""
        found = [each for column in self.columns for each in column.columns(steps, leads)]
        return np.column_stack(found) if found else np.empty((len(steps), 0))

    def announced(self, steps: Ints) -> NDArray[np.bool_]:
        """(m,) whether a calendar says that something is on at steps."""
        found = np.zeros(len(steps), dtype=bool)
        for column in self.columns:
            if column.is_calendar:
                found |= np.nan_to_num(column.at(steps)) != 0
        return found

    def matched(self, names: Sequence[str]) -> tuple[Covariate, ...]:
        """The columns that a forecaster knows by these names, as it knows them.

        One that is there no longer, or of which now more is known ahead than then, is missing: it
        has no value anywhere.
        """
        by_name = {column.name: column for column in self.columns}
        found: list[Covariate] = []
        left = tuple(names)
        while left:
            name = left[0]
            wanted = _missing(name, left)
            there = by_name.get(name)
            if there is not None and there.column_names == wanted.column_names:
                wanted = there
            elif there is not None and not wanted.known_ahead:
                wanted = replace(there, known_ahead=False, known_from=None)
            found.append(wanted)
            left = left[len(wanted.column_names) :]
        return tuple(found)


NONE = Covariates()


def events(
    name: str,
    calendar: Sequence[Event],
    *,
    first: int,
    count: int,
    step_ms: int,
    phase_ms: int = 0,
    revision: str = "",
) -> Covariate:
    """A calendar of events as a covariate: the size of what is on at each step, 0 where nothing is.

    Args:
        calendar: in any order; what overlaps adds up.
        first: the first step that is wanted.
        count: how many, into the future as far as is forecast.
        phase_ms: how much later than the grid the steps are, in [0, step).
    """
    values = np.zeros(count)
    for event in calendar:
        begin = int(np.ceil((event.begin_s * 1000 - phase_ms) / step_ms)) - first
        end = int(np.ceil((event.end_s * 1000 - phase_ms) / step_ms)) - first
        values[max(0, begin) : max(0, end)] += event.size
    return Covariate(
        name=name,
        first=first,
        values=values,
        known_ahead=True,
        is_calendar=True,
        revision=revision,
    )


def held(
    name: str,
    points: Points,
    *,
    first: int,
    count: int,
    step_ms: int,
    phase_ms: int = 0,
    is_planned: bool = False,
    revision: str = "",
) -> Covariate:
    """Values at moments of their own as a covariate: each holds until the next one.

    Args:
        points: at least one.
        first: the first step that is wanted.
        count: how many.
        phase_ms: how much later than the grid the steps are, in [0, step).
        is_planned: whether all of its values were known long ahead.
    """
    steps = np.arange(first, first + count)
    at_ms = steps * step_ms + phase_ms
    times = points.times_ms
    distance = float(np.median(np.diff(times))) if len(times) > 1 else float(step_ms)
    place = np.searchsorted(times, at_ms, side="right") - 1
    is_begun, place = place >= 0, np.maximum(place, 0)
    age = at_ms - times[place]
    values = np.where(is_begun & (age < HELD * distance), points.values[place], np.nan)
    if is_planned:
        known_from, known_ahead = None, True
    elif (points.known_ms < times).any():
        since = -((phase_ms - points.known_ms) // step_ms)  # the first step that knew it
        # What holds longer than usual does so because nobody has said anything new by then.
        known_from, known_ahead = np.where(age < distance, since[place], steps), True
    else:
        known_from, known_ahead = None, False
    return Covariate(
        name=name,
        first=first,
        values=values,
        known_ahead=known_ahead,
        known_from=known_from,
        revision=revision,
    )


def _missing(name: str, names: Sequence[str]) -> Covariate:
    """A covariate without any value that has the columns with which the names begin."""
    empty, none = np.empty(0), np.empty(0, dtype=np.int64)
    kinds = (
        Covariate(name=name, first=0, values=empty, known_ahead=True, known_from=none),
        Covariate(name=name, first=0, values=empty, known_ahead=True),
        Covariate(name=name, first=0, values=empty),
    )
    return next(
        kind for kind in kinds if tuple(names[: len(kind.column_names)]) == kind.column_names
    )
