"""What the scaler sees, forecasts and decides, and what an operator changes of it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from app import contract
from app.core.deps import AppResources, Operator, Viewer
from app.core.errors import NotAllowed, NotAuthenticated, problems
from app.core.schemas import Text
from app.scaling.errors import (
    AnotherReplicaActs,
    ChangeRefused,
    ModelUnusable,
    NotKnown,
    ScalerAnswerUnknown,
    ScalerAway,
    WorkloadUnknown,
)
from app.scaling.schemas import (
    LONGEST_REASON,
    Anomaly,
    CalendarRequest,
    Change,
    Check,
    Control,
    Cost,
    Decision,
    Explanation,
    Factor,
    FactorEvents,
    FactorName,
    FactorSeries,
    ForecastPath,
    FreezeRequest,
    History,
    Model,
    ModeRequest,
    Recommendation,
    RollbackRequest,
    Series,
    SeriesRequest,
    Workload,
)
from app.scaling.service import Scaler, actor_of

__all__ = ["router"]

MAX_WINDOW_S = 2_678_400  # 31 days
MAX_ASKED_LOAD = 1e12
NO_REASON = "no reason given"

router = APIRouter(
    prefix=contract.API_VERSION_PREFIX + "/scaling",
    tags=["scaling"],
    responses=problems(NotAuthenticated, NotAllowed, ScalerAway, ScalerAnswerUnknown),
)

Name = Annotated[Text, Path(min_length=1, max_length=63, examples=["worker"])]
Named = Annotated[Text | None, Query(max_length=63)]
Count = Annotated[int | None, Query(ge=0, le=100_000)]
WindowS = Annotated[int, Query(ge=1, le=MAX_WINDOW_S)]
Limit = Annotated[int, Query(ge=1, le=500)]


def _scaler(resources: AppResources) -> Scaler:
    token = resources.settings.scaler_token
    return Scaler(resources.scaler, token=token.get_secret_value() if token else "")


async def _actor(caller: Operator, resources: AppResources) -> str:
    return await actor_of(caller, resources.database)


TheScaler = Annotated[Scaler, Depends(_scaler)]
Actor = Annotated[str, Depends(_actor)]


@router.get("/workloads")
async def list_workloads(_caller: Viewer, scaler: TheScaler) -> list[Workload]:
    """Each workload with its replicas, its forecast or why there is none, its latest decision."""
    return await scaler.workloads()


@router.get("/checks")
async def list_checks(_caller: Viewer, scaler: TheScaler) -> list[Check]:
    """What the scaler itself lacks, such as a dependency that is away; empty when nothing."""
    return await scaler.checks()


@router.get("/workloads/{name}/series", responses=problems(WorkloadUnknown))
async def read_series(
    name: Name, _caller: Viewer, scaler: TheScaler, window_s: WindowS = 3_600
) -> Series:
    """Load, forecast with its band, and replicas of the last ``window_s`` seconds: ready, decided,
    asked for by the forecast, and what the reactive path alone would be at."""
    return await scaler.series(name, window_s=window_s)


@router.get("/workloads/{name}/forecast", responses=problems(WorkloadUnknown))
async def read_forecast(name: Name, _caller: Viewer, scaler: TheScaler) -> ForecastPath:
    """The load at each lead time ahead, or why there is no forecast yet."""
    return await scaler.forecast(name)


@router.get("/decisions", responses=problems(WorkloadUnknown))
async def list_decisions(
    _caller: Viewer, scaler: TheScaler, workload: Named = None, limit: Limit = 50
) -> list[Decision]:
    """Decisions with their reasons, newest first; judged once their horizon has passed."""
    return await scaler.decisions(workload=workload, limit=limit)


@router.get("/workloads/{name}/explanation", responses=problems(WorkloadUnknown, NotKnown))
async def read_explanation(
    name: Name, _caller: Viewer, scaler: TheScaler, at: datetime | None = None
) -> Explanation:
    """Why the newest decision is as it is, or the one that was in force ``at`` a time."""
    return await scaler.explanation(name, at=at)


@router.get("/workloads/{name}/what-if", responses=problems(WorkloadUnknown, ChangeRefused))
async def read_what_if(
    name: Name,
    _caller: Viewer,
    scaler: TheScaler,
    load: Annotated[float, Query(ge=0, le=MAX_ASKED_LOAD, allow_inf_nan=False, examples=[12.5])],
    ready: Count = None,
    current: Count = None,
) -> Explanation:
    """The decision that a load would lead to now; nothing is changed. ``ready`` and ``current``
    (replicas that take load, replicas asked for) are those of now where they are not given."""
    return await scaler.what_if(name, load=load, ready=ready, current=current)


@router.get("/workloads/{name}/cost", responses=problems(WorkloadUnknown))
async def read_cost(
    name: Name, _caller: Viewer, scaler: TheScaler, window_s: WindowS = 86_400
) -> Cost:
    """What the forecast's floor cost above the reactive path alone, and what it spared."""
    return await scaler.cost(name, window_s=window_s)


@router.get("/workloads/{name}/anomalies", responses=problems(WorkloadUnknown))
async def list_anomalies(
    name: Name, _caller: Viewer, scaler: TheScaler, window_s: WindowS = 86_400
) -> list[Anomaly]:
    """What was out of the ordinary of late, newest first."""
    return await scaler.anomalies(name, window_s=window_s)


@router.get("/recommendations", responses=problems(WorkloadUnknown))
async def list_recommendations(
    _caller: Viewer, scaler: TheScaler, workload: Named = None
) -> list[Recommendation]:
    """Requests and limits that containers should have, from their usage."""
    return await scaler.recommendations(workload=workload)


@router.get("/workloads/{name}/models", responses=problems(WorkloadUnknown))
async def list_models(name: Name, _caller: Viewer, scaler: TheScaler) -> list[Model]:
    """Kept versions of the forecaster, newest first."""
    return await scaler.models(name)


@router.get("/workloads/{name}/changes", responses=problems(WorkloadUnknown))
async def list_changes(
    name: Name, _caller: Viewer, scaler: TheScaler, limit: Limit = 50
) -> list[Change]:
    """Who changed the mode, froze the workload, rolled back or gave a history, newest first."""
    return await scaler.changes(name, limit=limit)


@router.put("/workloads/{name}/mode", responses=problems(WorkloadUnknown, ChangeRefused))
async def change_mode(name: Name, body: ModeRequest, actor: Actor, scaler: TheScaler) -> Control:
    """Change the mode; it counts from the scaler's next tick and outlives a restart."""
    reason = body.reason or NO_REASON
    return await scaler.set_mode(name, body.mode, actor=actor, reason=reason)


@router.put("/workloads/{name}/freeze", responses=problems(WorkloadUnknown, ChangeRefused))
async def freeze(name: Name, body: FreezeRequest, actor: Actor, scaler: TheScaler) -> Control:
    """For a while, scale nothing in and set the forecast aside; the reactive path may still scale
    out. It ends by itself."""
    return await scaler.freeze(name, for_s=body.for_s, actor=actor, reason=body.reason)


@router.delete("/workloads/{name}/freeze", responses=problems(WorkloadUnknown))
async def unfreeze(
    name: Name,
    actor: Actor,
    scaler: TheScaler,
    reason: Annotated[Text, Query(min_length=1, max_length=LONGEST_REASON)] = NO_REASON,
) -> Control:
    """End a freeze before its time."""
    return await scaler.unfreeze(name, actor=actor, reason=reason)


@router.post(
    "/workloads/{name}/rollback",
    responses=problems(WorkloadUnknown, ModelUnusable, AnotherReplicaActs, ChangeRefused),
)
async def roll_back(name: Name, body: RollbackRequest, actor: Actor, scaler: TheScaler) -> Model:
    """Let an older version of the forecaster serve, until that is ended: no newer one is fitted."""
    reason = body.reason or NO_REASON
    return await scaler.roll_back(name, version=body.version, actor=actor, reason=reason)


@router.put(
    "/workloads/{name}/history",
    status_code=204,
    responses=problems(WorkloadUnknown, AnotherReplicaActs, ChangeRefused),
)
async def replace_history(name: Name, body: History, actor: Actor, scaler: TheScaler) -> None:
    """Give the load of the past, so that a forecast can be learnt from it at once."""
    await scaler.backfill(name, body, actor=actor)


@router.get("/series")
async def list_series(_caller: Viewer, scaler: TheScaler) -> list[Factor]:
    """Series that are registered as moving loads from outside, without their values."""
    return await scaler.registered_series()


@router.get("/series/{name}", responses=problems(NotKnown))
async def read_registered_series(
    name: FactorName, _caller: Viewer, scaler: TheScaler
) -> FactorSeries:
    """A registered series with its values."""
    return await scaler.one_series(name)


@router.put("/series/{name}", responses=problems(WorkloadUnknown, ChangeRefused))
async def register_series(
    name: FactorName, body: SeriesRequest, actor: Actor, scaler: TheScaler
) -> Factor:
    """Register a series, or replace it; the forecasters learn with it from their next fit on."""
    return await scaler.register_series(name, body, actor=actor)


@router.delete("/series/{name}", status_code=204, responses=problems(NotKnown))
async def remove_series(name: FactorName, actor: Actor, scaler: TheScaler) -> None:
    """Remove a series; until the next fit the forecasters go on with it missing."""
    await scaler.remove_series(name, actor=actor)


@router.get("/events")
async def list_calendars(_caller: Viewer, scaler: TheScaler) -> list[Factor]:
    """Calendars of events that are registered, without their events."""
    return await scaler.registered_events()


@router.get("/events/{name}", responses=problems(NotKnown))
async def read_calendar(name: FactorName, _caller: Viewer, scaler: TheScaler) -> FactorEvents:
    """A registered calendar with its events."""
    return await scaler.one_calendar(name)


@router.put("/events/{name}", responses=problems(WorkloadUnknown, ChangeRefused))
async def register_calendar(
    name: FactorName, body: CalendarRequest, actor: Actor, scaler: TheScaler
) -> Factor:
    """Register a calendar, or replace it; the forecasters learn with it from their next fit on."""
    return await scaler.register_events(name, body, actor=actor)


@router.delete("/events/{name}", status_code=204, responses=problems(NotKnown))
async def remove_calendar(name: FactorName, actor: Actor, scaler: TheScaler) -> None:
    """Remove a calendar of events."""
    await scaler.remove_events(name, actor=actor)
