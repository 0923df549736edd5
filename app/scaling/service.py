"""Asks the scaler over HTTP; knows its paths and the shapes of its answers, and nothing else.

Fails closed: where the scaler is away, each question is answered with 503 that names it.
"""

from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from app.core.errors import FieldProblem
from app.scaling.errors import HistoryRefused, ScalerAnswerUnknown, ScalerAway, WorkloadUnknown
from app.scaling.schemas import Decision, History, Series, Workload
from scaler import contract

__all__ = ["backfill", "decisions", "series", "workloads"]

T = TypeVar("T")

_WORKLOADS = TypeAdapter(list[Workload])
_DECISIONS = TypeAdapter(list[Decision])
_SERIES = TypeAdapter(Series)


async def workloads(scaler: httpx.AsyncClient | None) -> list[Workload]:
    answer = await _ask(scaler, "GET", contract.WORKLOADS_PATH)
    return _read(_WORKLOADS, answer)


async def series(scaler: httpx.AsyncClient | None, name: str, *, window_s: float) -> Series:
    """Raises WorkloadUnknown."""
    path = f"{_path(name)}/series"
    answer = await _ask(scaler, "GET", path, workload=name, params={"window_s": window_s})
    return _read(_SERIES, answer)


async def decisions(
    scaler: httpx.AsyncClient | None, *, workload: str | None, limit: int
) -> list[Decision]:
    """The latest first. Raises WorkloadUnknown."""
    params: dict[str, Any] = {"limit": limit}
    if workload is not None:
        params["workload"] = workload
    answer = await _ask(
        scaler, "GET", contract.DECISIONS_PATH, workload=workload or "", params=params
    )
    return _read(_DECISIONS, answer)


async def backfill(
    scaler: httpx.AsyncClient | None, name: str, history: History, *, token: str
) -> None:
    """Raises WorkloadUnknown, HistoryRefused."""
    await _ask(
        scaler,
        "PUT",
        f"{_path(name)}/history",
        workload=name,
        json=history.model_dump(),
        headers={"Authorization": f"Bearer {token}"},
    )


def _path(name: str) -> str:
    return f"{contract.WORKLOADS_PATH}/{quote(name, safe='')}"


async def _ask(
    scaler: httpx.AsyncClient | None, method: str, path: str, *, workload: str = "", **kwargs: Any
) -> httpx.Response:
    if scaler is None:
        raise ScalerAway("its address is not configured")
    try:
        answer = await scaler.request(method, path, **kwargs)
    except httpx.HTTPError as exc:
        raise ScalerAway(str(exc) or type(exc).__name__) from exc
    if answer.is_success:
        return answer
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise WorkloadUnknown(workload)
    if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        raise _refused(answer)
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        raise ScalerAway("it is not ready yet")
    raise ScalerAnswerUnknown(f"status {answer.status_code}")


def _refused(answer: httpx.Response) -> HistoryRefused:
    try:
        body = answer.json()
        errors = tuple(
            FieldProblem(
                field=f"body.{one['field']}", found=one["found"], allowed=str(one["allowed"])
            )
            for one in body["errors"]
        )
        return HistoryRefused(str(body["detail"]), errors=errors)
    except (ValueError, KeyError, TypeError):
        return HistoryRefused("the scaler does not say why")


def _read(adapter: TypeAdapter[T], answer: httpx.Response) -> T:
    try:
        return adapter.validate_json(answer.content)
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ScalerAnswerUnknown(f"a body in which {where} is wrong: {first['msg']}") from exc
