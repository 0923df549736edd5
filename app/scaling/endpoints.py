"""What the scaler sees, forecasts and decides."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from app import contract
from app.core.deps import AppResources, Operator, Viewer
from app.core.errors import NotAllowed, NotAuthenticated, problems
from app.core.schemas import Text
from app.scaling import service
from app.scaling.errors import HistoryRefused, ScalerAnswerUnknown, ScalerAway, WorkloadUnknown
from app.scaling.schemas import Decision, History, Series, Workload

__all__ = ["router"]

MAX_WINDOW_S = 2_678_400  # 31 days

router = APIRouter(
    prefix=contract.API_VERSION_PREFIX + "/scaling",
    tags=["scaling"],
    responses=problems(NotAuthenticated, NotAllowed, ScalerAway, ScalerAnswerUnknown),
)

Name = Annotated[Text, Path(min_length=1, max_length=63, examples=["worker"])]


@router.get("/workloads")
async def list_workloads(_caller: Viewer, resources: AppResources) -> list[Workload]:
    """Each workload with its replicas, its forecast or why there is none, its latest decision."""
    return await service.workloads(resources.scaler)


@router.get("/workloads/{name}/series", responses=problems(WorkloadUnknown))
async def read_series(
    name: Name,
    _caller: Viewer,
    resources: AppResources,
    window_s: Annotated[int, Query(ge=1, le=MAX_WINDOW_S)] = 3_600,
) -> Series:
    """Load, forecast, its upper quantile and ready replicas of the last ``window_s`` seconds."""
    return await service.series(resources.scaler, name, window_s=window_s)


@router.get("/decisions", responses=problems(WorkloadUnknown))
async def list_decisions(
    _caller: Viewer,
    resources: AppResources,
    workload: Annotated[Text | None, Query(max_length=63)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[Decision]:
    """Decisions with their reasons, newest first."""
    return await service.decisions(resources.scaler, workload=workload, limit=limit)


@router.put(
    "/workloads/{name}/history",
    status_code=204,
    responses=problems(WorkloadUnknown, HistoryRefused),
)
async def replace_history(
    name: Name, body: History, _caller: Operator, resources: AppResources
) -> None:
    """Give the load of the past, so that a forecast can be learnt from it at once."""
    token = resources.settings.scaler_token
    secret = token.get_secret_value() if token else ""
    await service.backfill(resources.scaler, name, body, token=secret)
