"""Workloads, forecasts and decisions, as the scaler tells them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from app.core.schemas import Body

__all__ = ["Decision", "History", "Series", "Workload"]

MAX_HISTORY = 50_000

Point = tuple[float, float]


class DecisionDetails(BaseModel):
    """The figures behind a decision."""

    reactive: int | None = Field(
        description="Replicas that the present load needs; none without metrics.", examples=[2]
    )
    floor: int | None = Field(description="Least replicas by the forecast.", examples=[3])
    load: float | None = Field(examples=[7.5])
    forecast: float | None = Field(description="Load at the quantile.", examples=[11.2])
    quantile: float | None = Field(examples=[0.9])
    clamp: str | None = Field(default=None, description="Bound that was reached.")
    cooldown: str | None = Field(default=None, description="Why scaling in has to wait.")


class Decision(BaseModel):
    """One decision with its reason."""

    at: datetime
    workload: str = Field(examples=["worker"])
    from_replicas: int = Field(examples=[2])
    to_replicas: int = Field(examples=[3])
    mode: str = Field(examples=["enforce"])
    acted: bool
    reason: str = Field(examples=["11.2 slots are forecast in 300 s and 3 replicas carry them"])
    details: DecisionDetails


class Replicas(BaseModel):
    desired: int
    ready: int
    minimum: int
    maximum: int


class Forecast(BaseModel):
    """The load ahead, or why there is no forecast yet."""

    status: Literal["ready", "none"]
    reason: str | None = Field(default=None, examples=["12 of 60 minutes of history are there"])
    at: float | None = Field(default=None, description="Unix time that it is for.")
    value: float | None = Field(default=None, description="Median, in the load's unit.")
    upper: float | None = Field(default=None, description="Load at the quantile.")
    quantile: float | None = Field(default=None, examples=[0.9])
    skill: float | None = Field(default=None, description="1 is perfect, 0 no better than naive.")


class Workload(BaseModel):
    """What is scaled, now."""

    name: str = Field(examples=["worker"])
    mode: str = Field(examples=["enforce"])
    replicas: Replicas
    load: float | None
    load_unit: str = Field(examples=["slots"])
    capacity: float | None = Field(default=None, description="Load that one replica carries.")
    forecast: Forecast
    decision: Decision | None


class Series(BaseModel):
    """Points (unix time, value); a forecast stands at the time that it is for."""

    actual: list[Point]
    forecast: list[Point]
    upper: list[Point]
    replicas: list[Point]


class History(Body):
    """Load of the past, given instead of what was seen."""

    step_s: float = Field(gt=0, le=86_400, examples=[60.0])
    end: float = Field(gt=0, description="Unix time of the last value.", examples=[1795500000.0])
    values: list[float] = Field(min_length=1, max_length=MAX_HISTORY, examples=[[4.0, 5.5, 6.1]])
