"""What an operator says about how a workload may be scaled, as it stands in SCALER_WORKLOADS.

Each value is checked where it is read, so that a wrong one is named before anything is scaled.
"""

from datetime import date, tzinfo
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from scaler.core.errors import PolicyError
from scaler.core.judgement import Prices
from scaler.core.policy import Step
from scaler.core.schedule import Override, days_of, second_of

__all__ = ["BehaviourSettings", "HoursSettings", "StepSettings"]

NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class StepSettings(BaseModel):
    """The most that the count may change within a period: replicas or percent, one of the two."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    period_s: Positive
    replicas: int | None = Field(None, ge=1)
    percent: Positive | None = None

    @model_validator(mode="after")
    def is_one_of_two(self) -> Self:
        if (self.replicas is None) == (self.percent is None):
            raise ValueError("allowed: replicas or percent, one of the two")
        return self

    def step(self) -> Step:
        return Step(period_s=self.period_s, replicas=self.replicas, percent=self.percent)


class HoursSettings(BaseModel):
    """Hours with limits of their own.

    Attributes:
        zone: IANA name of the zone whose clock is meant.
        days: of the week on which they begin, as cron has them: "*", "mon-fri", "sat,sun".
        start, end: "HH:MM"; an end that is not after the start is on the day after.
        first, last: days between which they begin at all, both included.
        minimum, maximum, target: instead of the usual ones.
        extra: replicas on top of what the load needs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    zone: str = "UTC"
    days: str = "*"
    start: str = "00:00"
    end: str = "24:00"
    first: date | None = None
    last: date | None = None
    minimum: int | None = Field(None, ge=0)
    maximum: int | None = Field(None, ge=1)
    target: float | None = Field(None, gt=0, le=1)
    extra: int = Field(0, ge=0)

    @field_validator("zone")
    @classmethod
    def is_a_zone(cls, name: str) -> str:
        _zone(name)
        return name

    @field_validator("days")
    @classmethod
    def are_days(cls, text: str) -> str:
        _checked(days_of, text)
        return text

    @field_validator("start", "end")
    @classmethod
    def is_a_time_of_day(cls, text: str) -> str:
        _checked(second_of, text)
        return text

    @model_validator(mode="after")
    def fits_together(self) -> Self:
        _checked(HoursSettings.override, self)
        if (self.minimum, self.maximum, self.target, self.extra) == (None, None, None, 0):
            raise ValueError("allowed: at least one of minimum, maximum, target and extra")
        return self

    def override(self) -> Override:
        return Override(
            name=self.name,
            zone=_zone(self.zone),
            days=days_of(self.days),
            start_s=second_of(self.start),
            end_s=second_of(self.end),
            first=self.first,
            last=self.last,
            minimum=self.minimum,
            maximum=self.maximum,
            target=self.target,
            extra=self.extra,
        )


class BehaviourSettings(BaseModel):
    """How a workload may be scaled; the fields are those of the core's policy.

    Attributes:
        under_cost, over_cost: of a missing and of a superfluous replica for an hour; only their
            ratio matters. They make the level of the forecast where none is given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    under_cost: Positive = 19.0
    over_cost: Positive = 1.0
    excess: float = Field(1.5, ge=1, allow_inf_nan=False)
    excess_window_s: NotNegative = 10_800.0
    budget: NotNegative | None = None
    stabilization_out_s: NotNegative = 0.0
    stabilization_floor_s: NotNegative | None = None
    cooldown_s: NotNegative = 0.0
    steps_out: tuple[StepSettings, ...] = ()
    steps_in: tuple[StepSettings, ...] = ()
    schedule: tuple[HoursSettings, ...] = ()

    @model_validator(mode="after")
    def too_few_cost_more(self) -> Self:
        if self.under_cost <= self.over_cost:
            raise ValueError(
                f"under_cost: found {self.under_cost:g}, allowed above over_cost, "
                f"{self.over_cost:g}: a floor is worth it only where too few cost more"
            )
        return self

    @property
    def level(self) -> float:
        """The critical ratio: the quantile at which another replica costs what it saves.

        Source: Arrow, Harris and Marschak, "Optimal Inventory Policy" (1951), the newsvendor.
        """
        return Prices(under=self.under_cost, over=self.over_cost).level

    def overrides(self) -> tuple[Override, ...]:
        return tuple(hours.override() for hours in self.schedule)

    def of_policy(self) -> dict[str, Any]:
        """Arguments of the core's policy."""
        return {
            "excess": self.excess,
            "excess_window_s": self.excess_window_s,
            "budget": self.budget,
            "stabilization_out_s": self.stabilization_out_s,
            "stabilization_floor_s": self.stabilization_floor_s,
            "cooldown_s": self.cooldown_s,
            "steps_out": tuple(given.step() for given in self.steps_out),
            "steps_in": tuple(given.step() for given in self.steps_in),
            "overrides": self.overrides(),
        }


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("allowed: an IANA name such as Europe/Berlin") from None


def _checked(read: Any, given: Any) -> None:
    """Say what the core refuses as pydantic expects it."""
    try:
        read(given)
    except PolicyError as error:
        raise ValueError(str(error)) from None
