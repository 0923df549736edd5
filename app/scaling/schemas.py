"""Workloads, forecasts, decisions and what may be changed, as the scaler tells them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.core.schemas import Body, Text

__all__ = [
    "Anomaly",
    "CalendarRequest",
    "Change",
    "Check",
    "Control",
    "Cost",
    "Decision",
    "Explanation",
    "ExternalFactors",
    "Factor",
    "FactorEvents",
    "FactorName",
    "FactorSeries",
    "ForecastPath",
    "FreezeRequest",
    "History",
    "ModeRequest",
    "Model",
    "Recommendation",
    "RollbackRequest",
    "Series",
    "SeriesRequest",
    "Workload",
]

MAX_HISTORY = 50_000
MAX_EVENTS = 10_000
LONGEST_FREEZE_S = 604_800  # a week
LONGEST_REASON = 500

Point = tuple[float, float]
Mode = Literal["off", "observe", "enforce"]
MODE_MEANS = "off: idle; observe: decides and tells; enforce: acts as well."


class Clamp(BaseModel):
    """Something that changed the count on its way."""

    name: str = Field(
        description="What it is: excess cap, maximum, minimum, stabilization, rollout, frozen ...",
        examples=["maximum"],
    )
    before: int | None = Field(alias="from", default=None, examples=[9])
    after: int | None = Field(alias="to", default=None, examples=[8])
    why: str = Field(examples=["maximum 8 instead of 9"])


class DecisionDetails(BaseModel):
    """The figures behind a decision; null where a figure is not known."""

    reactive: int | None = Field(
        description="Replicas that the present load needs; null without metrics.", examples=[2]
    )
    floor: int | None = Field(description="Least replicas by the forecast.", examples=[3])
    load: float | None = Field(examples=[7.5])
    forecast: float | None = Field(
        description="Greatest load within the horizon, at the quantile, raised by what came since.",
        examples=[11.2],
    )
    quantile: float | None = Field(examples=[0.9])
    alone: int | None = Field(
        default=None,
        description="Replicas that the reactive path would be at, had there been no floor.",
        examples=[2],
    )
    wanted: int | None = Field(
        default=None,
        description="What the reactive formula asks for, before its window and the bounds.",
    )
    keep: int | None = Field(
        default=None,
        description="Least that others who scale it shall keep, by forecast, schedule and holds.",
    )
    ready: int | None = Field(default=None, examples=[2])
    load_unit: str | None = Field(default=None, examples=["slots"])
    capacity: float | None = Field(default=None, description="Load that one replica carries.")
    target: float | None = Field(default=None, description="Share of the capacity to run at.")
    lower: float | None = Field(default=None, description="Lower quantile at the horizon.")
    median: float | None = Field(default=None, description="Median at the horizon.")
    upper: float | None = Field(default=None, description="Upper quantile at the horizon.")
    raised: float | None = Field(
        default=None,
        description="Share that the forecast was raised by for what came since it was made.",
        examples=[0.08],
    )
    horizon_s: float | None = Field(default=None, examples=[300.0])
    schedule: list[str] = Field(
        default=[], description="Overrides by the clock that hold.", examples=[["campaign"]]
    )
    absence: str | None = Field(default=None, description="Why there is no forecast or no load.")
    clamp: str | None = Field(default=None, description="Bound that was reached.")
    cooldown: str | None = Field(default=None, description="Why scaling in has to wait.")
    clamps: list[Clamp] = Field(default=[], description="All that changed the count, in order.")


class Judgement(BaseModel):
    """A decision in hindsight, once its horizon has passed."""

    verdict: str = Field(
        description="good, too few, too many, late or not needed.", examples=["good"]
    )
    best: int | None = Field(default=None, description="The count that would have been best.")
    needed: int | None = Field(default=None, description="The most that the load asked for.")
    regret: float | None = Field(
        default=None, description="Cost above that of the best count, in replica-hours."
    )
    sentence: str | None = None


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
    judgement: Judgement | None = Field(
        default=None, description="Null until the decision's horizon has passed."
    )


class Replicas(BaseModel):
    desired: int
    ready: int
    minimum: int
    maximum: int


class Forecast(BaseModel):
    """The load ahead, or why there is no forecast yet."""

    status: Literal["ready", "none"]
    why: str | None = Field(
        default=None, description="Why there is none, in a word.", examples=["short_history"]
    )
    reason: str | None = Field(default=None, examples=["12 of 60 minutes of history are there"])
    basis: str | None = Field(
        default=None, description="Which model speaks.", examples=["boosting"]
    )
    at: float | None = Field(default=None, description="Unix time that it is for.")
    value: float | None = Field(default=None, description="Median, in the load's unit.")
    upper: float | None = Field(default=None, description="Load at the quantile.")
    quantile: float | None = Field(default=None, examples=[0.9])
    skill: float | None = Field(default=None, description="1 is perfect, 0 no better than naive.")


class Freeze(BaseModel):
    """Until its end nothing is scaled in and the forecast asks for nothing.

    The reactive path may still scale out.
    """

    until: datetime
    by: str = Field(description="Who froze it.")
    reason: str


class Control(BaseModel):
    """The mode of a workload and its freeze, and who changed them last."""

    mode: Mode = Field(description=MODE_MEANS)
    configured: Mode = Field(description="The mode that the settings give.")
    changed_at: datetime
    changed_by: str = Field(examples=["ops@example.com"])
    reason: str = Field(examples=["load test tonight"])
    freeze: Freeze | None = Field(description="Null when it is not frozen.")
    kept: bool = Field(
        default=True,
        description="Whether a restart of the scaler would know of this change already.",
    )


class Check(BaseModel):
    """Something that the scaler itself lacks, whatever it scales."""

    what: str = Field(examples=["prometheus"])
    why: str = Field(examples=["prometheus does not answer since 18:02:11 UTC (timed out)"])


class Condition(BaseModel):
    """Something that is not as usual, and holds now."""

    kind: str = Field(examples=["no_metrics"])
    sentence: str
    since: datetime


class Learning(BaseModel):
    """What judged decisions were, and taught."""

    verdicts: dict[str, int] = Field(description="How many decisions were good, too few ...")
    regret_replica_hours: float = Field(description="Cost above that of the best counts.")
    quantile: float = Field(description="Level of the forecast that becomes the floor.")
    because: str = Field(description="Why it is that level.")
    last: Judgement | None = Field(default=None, description="The newest judgement.")


class ExternalFactor(BaseModel):
    """Something beside the load that its forecast may look at."""

    name: str = Field(
        description="series NAME, events NAME or holiday in CODE.", examples=["series temperature"]
    )
    value: float | None = Field(description="Now; null where it is not known.")
    known_until: float | None = Field(description="Unix time up to which it is registered.")
    is_used: bool = Field(description="Whether the forecaster in service was fitted with it.")
    problem: str | None = Field(description="Why the forecast has to do without it now.")


class ExternalFactors(BaseModel):
    """What moves a load from outside."""

    timezone: str = Field(description="IANA name of the clock that days follow.", examples=["UTC"])
    country: str | None = Field(description="Whose public holidays count.", examples=["DE-BY"])
    factors: list[ExternalFactor]


class Workload(BaseModel):
    """What is scaled, now."""

    name: str = Field(examples=["worker"])
    mode: str = Field(examples=["enforce"])
    control: Control | None = None
    replicas: Replicas
    load: float | None
    load_unit: str = Field(examples=["slots"])
    capacity: float | None = Field(default=None, description="Load that one replica carries.")
    capacity_lower: float | None = Field(
        default=None, description="By what was learnt, four times of five it is not below this."
    )
    capacity_upper: float | None = Field(
        default=None, description="Nor above this; never more than is configured is decided by."
    )
    capacity_because: str | None = Field(default=None, description="Why that is believed.")
    forecast: Forecast
    decision: Decision | None
    conditions: list[Condition] = Field(default=[], description="What is not as usual.")
    learning: Learning | None = None
    model: str | None = Field(default=None, description="Version of the forecaster in service.")
    external: ExternalFactors | None = Field(
        default=None, description="What moves the load from outside."
    )


class Series(BaseModel):
    """Points (unix time, value); a forecast stands at the time that it is for."""

    actual: list[Point] = Field(description="Load.")
    forecast: list[Point] = Field(description="Median that was forecast a horizon before.")
    upper: list[Point] = Field(description="Its upper quantile.")
    replicas: list[Point] = Field(description="Ready replicas.")
    lower: list[Point] = Field(default=[], description="Its lower quantile.")
    reactive: list[Point] = Field(
        default=[], description="Replicas that the reactive path alone would be at."
    )
    floor: list[Point] = Field(default=[], description="Replicas that the forecast asked for.")
    desired: list[Point] = Field(default=[], description="Replicas that were decided.")


class PathPoint(BaseModel):
    """The forecast for one time ahead."""

    at: float = Field(description="Unix time that it is for.")
    ahead_s: float = Field(examples=[300.0])
    lower: float | None
    median: float
    upper: float


class HistoryCover(BaseModel):
    """How much history a first forecast waits for."""

    covered_s: float
    needed_s: float


class ForecastPath(Forecast):
    """The forecast at each lead time ahead, or why there is none yet."""

    workload: str = Field(examples=["worker"])
    load_unit: str = Field(examples=["slots"])
    path: list[PathPoint] = Field(description="By time ahead; empty without a forecast.")
    history: HistoryCover


class Input(BaseModel):
    """A figure that a decision was made from."""

    name: str = Field(examples=["load"])
    value: float = Field(examples=[7.5])
    unit: str = Field(examples=["slots"])


class Interval(BaseModel):
    """The load that was forecast, with its band."""

    peak: float = Field(description="Greatest upper quantile within the horizon.")
    lower: float | None = None
    median: float | None = None
    upper: float | None = None
    quantile: float | None = Field(default=None, examples=[0.95])
    horizon_s: float | None = Field(default=None, examples=[300.0])


class Explanation(BaseModel):
    """Why a decision is as it is: one sentence, and every figure behind it."""

    workload: str = Field(examples=["worker"])
    at: datetime
    sentence: str
    inputs: list[Input]
    interval: Interval | None = Field(description="Null without a forecast.")
    absence: str | None = Field(description="Why there is no forecast or no load.")
    clamps: list[Clamp]
    decision: Decision
    external: ExternalFactors | None = Field(
        default=None, description="What its forecaster knows beside the load, now."
    )


class Cost(BaseModel):
    """What the forecast's floor cost above the reactive path alone, and what it spared."""

    workload: str = Field(examples=["worker"])
    window_s: float
    mode: str = Field(description="Unless it is enforce, nobody acted on the floor.")
    known_s: float = Field(description="How much of the window is known.")
    replica_hours: float = Field(description="Decided.")
    reactive_replica_hours: float = Field(description="Of the reactive path alone.")
    extra_replica_hours: float
    short_s: float = Field(description="Time with too few replicas, by estimate.")
    reactive_short_s: float = Field(description="The same for the reactive path alone.")
    avoided_short_s: float
    sentence: str


class Anomaly(BaseModel):
    """Something out of the ordinary in the load."""

    at: float = Field(description="Unix time at which it was seen.")
    since: float = Field(description="Unix time at which it began, as far as known.")
    kind: str = Field(examples=["spike"])
    direction: str = Field(description="up, down or none.", examples=["up"])
    score: float = Field(ge=0, le=1, description="1 is the most surprising.")
    observed: float | None
    expected: float | None
    explanation: str


class Recommendation(BaseModel):
    """What one container should ask for of one resource, from its usage."""

    workload: str = Field(examples=["worker"])
    container: str = Field(examples=["worker"])
    resource: Literal["cpu", "memory"]
    unit: str = Field(description="cores or bytes.", examples=["cores"])
    request: float | None = Field(default=None, description="What it asks for now.")
    target: float = Field(description="What it should ask for.")
    lower: float | None = Field(default=None, description="Less than this is too little.")
    upper: float | None = Field(default=None, description="More than this is wasted.")
    limit: float | None = Field(default=None, description="Limit that goes with the target.")
    sentence: str


class Model(BaseModel):
    """A version of a workload's forecaster that is kept."""

    version: str = Field(examples=["20261125T180000Z-3"])
    created_at: datetime
    is_serving: bool
    is_pinned: bool = Field(description="Rolled back to: no newer one serves by itself.")
    data_from: float = Field(description="Unix time of the oldest load it learnt from.")
    data_to: float = Field(description="Unix time of the newest one.")
    features: list[str]
    scores: dict[str, float] = Field(description="Of its back-test, by name.")
    reason: str = Field(description="Why it was fitted.")


class Change(BaseModel):
    """A change that somebody made to a workload."""

    at: datetime
    workload: str = Field(examples=["worker"])
    change: str = Field(description="mode, freeze, unfreeze ...", examples=["mode"])
    actor: str = Field(examples=["ops@example.com"])
    reason: str
    mode: Mode = Field(description="The mode from then on.")
    frozen_until: datetime | None


Reason = Text


class ModeRequest(Body):
    """Another mode for one workload."""

    mode: Mode = Field(description=MODE_MEANS)
    reason: Reason = Field(default="", max_length=LONGEST_REASON)


class FreezeRequest(Body):
    """Hold back scale-in and the forecast for a while; it ends by itself."""

    for_s: float = Field(gt=0, le=LONGEST_FREEZE_S, examples=[1800.0])
    reason: Reason = Field(min_length=1, max_length=LONGEST_REASON)


class RollbackRequest(Body):
    """Let an older model serve."""

    version: Text | None = Field(
        default=None,
        max_length=100,
        description='Without one: the version before. "newest": the newest serves again.',
    )
    reason: Reason = Field(default="", max_length=LONGEST_REASON)


class History(Body):
    """Load of the past, given instead of what was seen."""

    step_s: float = Field(gt=0, le=86_400, examples=[60.0])
    end: float = Field(gt=0, description="Unix time of the last value.", examples=[1795500000.0])
    values: list[float] = Field(min_length=1, max_length=MAX_HISTORY, examples=[[4.0, 5.5, 6.1]])


FactorName = Annotated[Text, Field(pattern=r"^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$")]
Time = Annotated[float, Field(ge=0, lt=253_370_764_800, description="Unix time.")]
Workloads = Annotated[
    list[Text], Field(max_length=1_000, description="That it is for; empty for all.")
]


class Factor(BaseModel):
    """A series or a calendar of events that is registered as moving loads from outside."""

    name: str = Field(examples=["temperature"])
    kind: Literal["series", "events"]
    workloads: list[str] = Field(description="That it is for; empty for all.")
    is_planned: bool = Field(description="Whether all of it was known long ahead.")
    count: int = Field(description="Values or events.")
    first: float | None = Field(description="Unix time of the first.")
    last: float | None = Field(description="Unix time of the last, or of its end.")
    registered_at: datetime
    registered_by: str = Field(examples=["ops@example.com"])


class FactorValue(Body):
    """A value of a series; it holds until the next one."""

    at: Time
    value: float | None = Field(description="Null: unknown from then on.")
    known_at: Time | None = Field(
        default=None,
        description="When it was known. Without it: of the past its own time, else now.",
    )


class FactorEvent(Body):
    """Something that was announced: a campaign, a match."""

    name: Text = Field(min_length=1, max_length=100, examples=["summer sale"])
    start: Time
    end: Time
    weight: float = Field(default=1.0, gt=0, description="Size beside others of its kind.")


class FactorSeries(Factor):
    """A series with its values."""

    entries: list[FactorValue]


class FactorEvents(Factor):
    """A calendar with its events."""

    entries: list[FactorEvent]


class SeriesRequest(Body):
    """A series that goes with loads; it replaces one of the same name."""

    values: list[FactorValue] = Field(
        min_length=1, max_length=MAX_HISTORY, description="Times increase."
    )
    workloads: Workloads = Field(default=[])
    planned: bool = Field(default=False, description="All of it was known long ahead: a plan.")


class CalendarRequest(Body):
    """A calendar of events that move loads; it replaces one of the same name."""

    events: list[FactorEvent] = Field(min_length=1, max_length=MAX_EVENTS)
    workloads: Workloads = Field(default=[])
