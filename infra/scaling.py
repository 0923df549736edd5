"""How a service may be scaled, beyond the bounds of its replicas.

The scaler reads the same values again when it starts; here they are checked before anything is
changed. What limits scaling out limits the forecast's floor only, never the reactive count.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import combinations
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from infra.section import Section, Zone

__all__ = ["HoursSettings", "ScalingSettings", "StepSettings"]

DAYS = "mon|tue|wed|thu|fri|sat|sun"
ONE_DAY = timedelta(days=1)
# Two clocks that are put forward on different days stand to each other as in no other week.
DAYS_LOOKED_AT = {True: 9, False: 370}  # by whether both are of one zone
SOME_DAY = date(2026, 1, 1)
TIME = r"([01]\d|2[0-3]):[0-5]\d|24:00"

Cost = Annotated[float, Field(gt=0, le=1_000_000)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]


class StepSettings(Section):
    """The most that the count may change within a period: replicas or percent, one of the two."""

    period_s: float = Field(gt=0, le=86_400, description="s")
    replicas: int | None = Field(None, ge=1, le=1_000)
    percent: float | None = Field(None, gt=0, le=10_000)

    @model_validator(mode="after")
    def is_one_of_two(self) -> "StepSettings":
        if (self.replicas is None) == (self.percent is None):
            found = "neither" if self.replicas is None else "both"
            raise ValueError(f"found {found}; allowed: replicas or percent, one of the two")
        return self


class HoursSettings(Section):
    """Hours with limits of their own."""

    name: str = Field(min_length=1, max_length=80)
    zone: Zone = Field("UTC", description="IANA name of the zone whose clock is meant")
    days: str = Field("*", description='on which they begin: "*", "mon-fri", "sat,sun"')
    start: str = Field("00:00", description="HH:MM")
    end: str = Field("24:00", description="HH:MM; not after the start: on the day after")
    first: date | None = Field(None, description="first day on which they begin")
    last: date | None = Field(None, description="last day on which they begin")
    minimum: int | None = Field(None, ge=0, le=1_000)
    maximum: int | None = Field(None, ge=1, le=1_000)
    target: float | None = Field(None, gt=0, le=1)
    extra: int = Field(0, ge=0, le=1_000, description="replicas on top of what the load needs")

    @field_validator("days")
    @classmethod
    def are_days(cls, text: str) -> str:
        some = rf"({DAYS})(-({DAYS}))?"
        if text != "*" and not re.fullmatch(rf"{some}(,{some})*", text):
            raise ValueError(f'found {text!r}; allowed: "*", or days as in mon-fri or sat,sun')
        return text

    @field_validator("start", "end")
    @classmethod
    def is_a_time_of_day(cls, text: str) -> str:
        if not re.fullmatch(TIME, text):
            raise ValueError(f"found {text!r}; allowed: HH:MM from 00:00 to 24:00")
        return text

    @model_validator(mode="after")
    def fits_together(self) -> "HoursSettings":
        if self.start == "24:00":
            raise ValueError("start: found '24:00'; allowed: HH:MM from 00:00 to 23:59")
        if self.end == "00:00":
            raise ValueError("end: found '00:00'; allowed: HH:MM from 00:01 to 24:00")
        if self.first and self.last and self.first > self.last:
            raise ValueError(f"first {self.first} is after last {self.last}")
        if None not in (self.minimum, self.maximum) and self.minimum > self.maximum:  # type: ignore[operator]  # neither is None
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        if (self.minimum, self.maximum, self.target, self.extra) == (None, None, None, 0):
            raise ValueError("changes nothing; needed: minimum, maximum, target or extra")
        return self

    def begins(self, day: date) -> datetime | None:
        """When it begins on a day of its zone; ``None`` where it does not on that one."""
        if not (self.first or day) <= day <= (self.last or day):
            return None
        if day.weekday() not in _days(self.days):
            return None
        return datetime.combine(day, time.fromisoformat(self.start), ZoneInfo(self.zone))

    def holds(self, at: datetime) -> bool:
        """Whether it holds at an aware time."""
        local = at.astimezone(ZoneInfo(self.zone))
        clock = f"{local:%H:%M}"
        if self.start < self.end:
            return self.start <= clock < self.end and self.begins(local.date()) is not None
        if clock >= self.start:
            return self.begins(local.date()) is not None
        return clock < self.end and self.begins(local.date() - ONE_DAY) is not None


class ScalingSettings(Section):
    """How fast and how far; durations are seconds, and `timeFactor` divides them."""

    under_cost: Cost = Field(19.0, description="of a missing replica for an hour")
    over_cost: Cost = Field(1.0, description="of a superfluous replica for an hour")
    excess: float = Field(
        1.5, ge=1, le=10, description="replica-hours over those of the reactive path alone, at most"
    )
    excess_window_s: float = Field(
        10_800.0, ge=0, le=604_800, description="what the floor did not need is saved up so long"
    )
    budget: float | None = Field(
        None,
        ge=0,
        le=100_000,
        description="replica-hours that the floor may add in a day of the service's time zone",
    )
    stabilization_out_s: Seconds = Field(
        0.0, description="the floor rises only to its lowest of this window"
    )
    stabilization_floor_s: Seconds | None = Field(
        None,
        description="the floor falls only to its highest of this window; unset: half-way between "
        "start-up time and horizon",
    )
    cooldown_s: Seconds = Field(0.0, description="nothing is scaled in so long after a change")
    steps_out: tuple[StepSettings, ...] = Field((), description="how fast the floor may raise")
    steps_in: tuple[StepSettings, ...] = Field((), description="how fast the count may fall")
    schedule: tuple[HoursSettings, ...] = Field((), description="hours with other limits")

    @model_validator(mode="after")
    def too_few_cost_more(self) -> "ScalingSettings":
        if self.under_cost <= self.over_cost:
            raise ValueError(
                f"underCost {self.under_cost:g} is not above overCost {self.over_cost:g}"
            )
        return self

    def problems(self, *, minimum: int, maximum: int) -> list[str]:
        """What contradicts the bounds of the replicas."""
        found = list(_contradictions(self.schedule))
        for hours in self.schedule:
            where = f"scaling.schedule {hours.name!r}"
            if hours.maximum is None and (hours.minimum or 0) > maximum:
                found.append(f"{where}: minimum {hours.minimum} is above maxReplicas {maximum}")
            if hours.minimum is None and (hours.maximum or minimum) < minimum:
                found.append(f"{where}: maximum {hours.maximum} is below minReplicas {minimum}")
        return found

    def for_scaler(self, *, time_factor: float) -> dict[str, Any]:
        """As `scaler.contract.BEHAVIOUR_FIELDS` has it, in the time of a demo profile."""
        fields = self.model_dump(mode="json")
        steps = [*fields["steps_out"], *fields["steps_in"]]
        for values in (fields, *steps):
            for name in [name for name in values if name.endswith("_s")]:
                if values[name] is not None:
                    values[name] /= time_factor
        return fields


def _days(text: str) -> set[int]:
    """Of the week, 0 for Monday, of what `HoursSettings` takes for some."""
    names = DAYS.split("|")
    days: set[int] = set()
    for part in ("mon-sun" if text == "*" else text).split(","):
        low, high = (names.index(name) for name in (part[:3], part[-3:]))
        days.update(day % 7 for day in range(low, high + 1 if high >= low else high + 8))
    return days


def _contradictions(schedule: tuple[HoursSettings, ...]) -> Iterator[str]:
    """Bounds of two that hold at once, where the later one does not have the last word on both."""
    for earlier, later in combinations(schedule, 2):
        for low, high in ((earlier, later), (later, earlier)):
            if low.minimum is None or high.maximum is None or low.minimum <= high.maximum:
                continue
            overruled = later.maximum if high is earlier else later.minimum
            if overruled is None and (_begins_within(low, high) or _begins_within(high, low)):
                yield (
                    f"scaling.schedule {low.name!r}: minimum {low.minimum} is above maximum "
                    f"{high.maximum} of schedule {high.name!r}, which holds at the same time"
                )


def _begins_within(hours: HoursSettings, other: HoursSettings) -> bool:
    """Whether some hours begin while others hold."""
    firsts = [each for each in (hours.first, other.first and other.first - ONE_DAY) if each]
    lasts = [each for each in (hours.last, other.last and other.last + ONE_DAY) if each]
    span = DAYS_LOOKED_AT[hours.zone == other.zone]
    last = min(lasts, default=None)
    first = max(firsts, default=last - timedelta(days=span) if last else SOME_DAY)
    days = min((last - first).days if last else span, span)
    begins = (hours.begins(first + timedelta(days=each)) for each in range(days + 1))
    return any(other.holds(begin) for begin in begins if begin is not None)
