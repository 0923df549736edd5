"""What moves a load from outside: the local clock, holidays, campaigns, the weather.

A covariate is a series beside the load. One whose future is known, such as a holiday, an announced
campaign or a weather forecast, is read at the step that is forecast; any other at the present step.
Where it has no value it is NaN, and the forecast goes on without it.
"""

from dataclasses import dataclass

import numpy as np

from scaler.core.series import Floats, Ints, Series

__all__ = ["NONE", "Covariate", "Covariates", "Event", "events"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Covariate:
    """One series beside the load, in the same steps.

    Attributes:
        name: what it is, for people.
        first: the step of ``values[0]``.
        values: (n,) in any unit; NaN where unknown.
        known_ahead: whether its values of the future are known when they are needed.
    """

    name: str
    first: int
    values: Floats
    known_ahead: bool = False

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
    """

    columns: tuple[Covariate, ...] = ()
    offsets: tuple[tuple[float, float], ...] = ()

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
        names: list[str] = []
        for column in self.columns:
            names.append(column.name)
            if column.known_ahead:
                names.append(f"change of {column.name}")
        return tuple(names)

    def features(self, steps: Ints, leads: Ints) -> Floats:
        """(m, columns) what is known at steps about each of them and its lead time."""
        found: list[Floats] = []
        for column in self.columns:
            now = column.at(steps)
            if column.known_ahead:
                ahead = column.at(steps + leads)
                found += [ahead, ahead - now]
            else:
                found.append(now)
        return np.column_stack(found) if found else np.empty((len(steps), 0))


NONE = Covariates()


def events(
    name: str, calendar: tuple[Event, ...], *, first: int, count: int, step_ms: int
) -> Covariate:
    """A calendar of events as a covariate: the size of what is on at each step, 0 where nothing is.

    Args:
        calendar: in any order; what overlaps adds up.
        first: the first step that is wanted.
        count: how many, into the future as far as is forecast.
    """
    values = np.zeros(count)
    for event in calendar:
        begin = int(np.ceil(event.begin_s * 1000 / step_ms)) - first
        end = int(np.ceil(event.end_s * 1000 / step_ms)) - first
        values[max(0, begin) : max(0, end)] += event.size
    return Covariate(name=name, first=first, values=values, known_ahead=True)
