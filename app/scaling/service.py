"""Asks the scaler over HTTP; knows its paths and the shapes of its answers, and nothing else.

Fails closed: where the scaler is away, each question is answered with 503 that names it.
"""

from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select

from app.core.database import Database
from app.core.errors import AutoServeError, FieldProblem
from app.core.identity import Principal, User
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
    FactorSeries,
    ForecastPath,
    History,
    Model,
    Recommendation,
    Series,
    SeriesRequest,
    Workload,
)
from scaler import contract

__all__ = ["Scaler", "actor_of"]

T = TypeVar("T")

_WORKLOADS = TypeAdapter(list[Workload])
_DECISIONS = TypeAdapter(list[Decision])
_CHECKS = TypeAdapter(list[Check])
_SERIES = TypeAdapter(Series)
_FORECAST = TypeAdapter(ForecastPath)
_EXPLANATION = TypeAdapter(Explanation)
_COST = TypeAdapter(Cost)
_ANOMALIES = TypeAdapter(list[Anomaly])
_RECOMMENDATIONS = TypeAdapter(list[Recommendation])
_MODELS = TypeAdapter(list[Model])
_MODEL = TypeAdapter(Model)
_CHANGES = TypeAdapter(list[Change])
_CONTROL = TypeAdapter(Control)
_FACTORS = TypeAdapter(list[Factor])
_FACTOR = TypeAdapter(Factor)
_FACTOR_SERIES = TypeAdapter(FactorSeries)
_FACTOR_EVENTS = TypeAdapter(FactorEvents)


async def actor_of(caller: Principal, database: Database) -> str:
    """Who asks for a change, for the record: the e-mail, or the id while the database is away."""
    try:
        async with database.transaction() as session:
            email = await session.scalar(select(User.email).where(User.id == caller.id))
    except AutoServeError:
        email = None
    return email or f"user {caller.id}"


class Scaler:
    """The scaler as this API sees it.

    Every method raises ScalerAway, ScalerAnswerUnknown and, where it names a workload,
    WorkloadUnknown.

    Args:
        client: speaks to the scaler; ``None`` where no address is configured.
        token: shown with every change.
    """

    def __init__(self, client: httpx.AsyncClient | None, *, token: str) -> None:
        self._client = client
        self._token = token

    async def workloads(self) -> list[Workload]:
        return _read(_WORKLOADS, await self._ask("GET", contract.WORKLOADS_PATH))

    async def checks(self) -> list[Check]:
        return _read(_CHECKS, await self._ask("GET", contract.CHECKS_PATH))

    async def series(self, name: str, *, window_s: float) -> Series:
        return _read(_SERIES, await self._of(name, "series", window_s=window_s))

    async def forecast(self, name: str) -> ForecastPath:
        return _read(_FORECAST, await self._of(name, "forecast"))

    async def decisions(self, *, workload: str | None, limit: int) -> list[Decision]:
        """The latest first."""
        params = _given(limit=limit, workload=workload)
        path = contract.DECISIONS_PATH
        return _read(
            _DECISIONS, await self._ask("GET", path, workload=workload or "", params=params)
        )

    async def explanation(self, name: str, *, at: datetime | None) -> Explanation:
        """Raises NotKnown where no decision is kept from that time."""
        moment = at.isoformat() if at else None
        return _read(_EXPLANATION, await self._of(name, "explanation", at=moment))

    async def what_if(
        self, name: str, *, load: float, ready: int | None, current: int | None
    ) -> Explanation:
        answer = await self._of(name, "what-if", load=load, ready=ready, current=current)
        return _read(_EXPLANATION, answer)

    async def cost(self, name: str, *, window_s: float) -> Cost:
        return _read(_COST, await self._of(name, "cost", window_s=window_s))

    async def anomalies(self, name: str, *, window_s: float) -> list[Anomaly]:
        return _read(_ANOMALIES, await self._of(name, "anomalies", window_s=window_s))

    async def recommendations(self, *, workload: str | None) -> list[Recommendation]:
        answer = await self._ask(
            "GET",
            contract.RECOMMENDATIONS_PATH,
            workload=workload or "",
            params=_given(workload=workload),
        )
        return _read(_RECOMMENDATIONS, answer)

    async def models(self, name: str) -> list[Model]:
        return _read(_MODELS, await self._of(name, "models"))

    async def changes(self, name: str, *, limit: int) -> list[Change]:
        return _read(_CHANGES, await self._of(name, "changes", limit=limit))

    async def set_mode(self, name: str, mode: str, *, actor: str, reason: str) -> Control:
        body = {"mode": mode, "actor": actor, "reason": reason}
        return _read(_CONTROL, await self._change("PUT", name, "mode", json=body))

    async def freeze(self, name: str, *, for_s: float, actor: str, reason: str) -> Control:
        """Raises ChangeRefused."""
        body = {"for_s": for_s, "actor": actor, "reason": reason}
        return _read(_CONTROL, await self._change("PUT", name, "freeze", json=body))

    async def unfreeze(self, name: str, *, actor: str, reason: str) -> Control:
        params = {"actor": actor, "reason": reason}
        return _read(_CONTROL, await self._change("DELETE", name, "freeze", params=params))

    async def roll_back(self, name: str, *, version: str | None, actor: str, reason: str) -> Model:
        """Raises ModelUnusable and AnotherReplicaActs."""
        body = {"version": version, "actor": actor, "reason": reason}
        return _read(_MODEL, await self._change("POST", name, "rollback", json=body))

    async def backfill(self, name: str, history: History, *, actor: str) -> None:
        """Raises ChangeRefused and AnotherReplicaActs."""
        await self._change("PUT", name, "history", json={**history.model_dump(), "actor": actor})

    async def registered_series(self) -> list[Factor]:
        return _read(_FACTORS, await self._ask("GET", contract.SERIES_PATH))

    async def registered_events(self) -> list[Factor]:
        return _read(_FACTORS, await self._ask("GET", contract.EVENTS_PATH))

    async def one_series(self, name: str) -> FactorSeries:
        """Raises NotKnown."""
        return _read(_FACTOR_SERIES, await self._ask("GET", _below(contract.SERIES_PATH, name)))

    async def one_calendar(self, name: str) -> FactorEvents:
        """Raises NotKnown."""
        return _read(_FACTOR_EVENTS, await self._ask("GET", _below(contract.EVENTS_PATH, name)))

    async def register_series(self, name: str, given: SeriesRequest, *, actor: str) -> Factor:
        """Raises ChangeRefused, and WorkloadUnknown where it is for one that is not."""
        body = {**given.model_dump(), "actor": actor}
        path = _below(contract.SERIES_PATH, name)
        return _read(_FACTOR, await self._authorised("PUT", path, json=body))

    async def register_events(self, name: str, given: CalendarRequest, *, actor: str) -> Factor:
        """Raises ChangeRefused, and WorkloadUnknown where it is for one that is not."""
        body = {**given.model_dump(), "actor": actor}
        path = _below(contract.EVENTS_PATH, name)
        return _read(_FACTOR, await self._authorised("PUT", path, json=body))

    async def remove_series(self, name: str, *, actor: str) -> None:
        """Raises NotKnown."""
        path = _below(contract.SERIES_PATH, name)
        await self._authorised("DELETE", path, params={"actor": actor})

    async def remove_events(self, name: str, *, actor: str) -> None:
        """Raises NotKnown."""
        path = _below(contract.EVENTS_PATH, name)
        await self._authorised("DELETE", path, params={"actor": actor})

    async def _of(self, name: str, what: str, **params: Any) -> httpx.Response:
        return await self._ask("GET", _path(name, what), workload=name, params=_given(**params))

    async def _change(self, method: str, name: str, what: str, **kwargs: Any) -> httpx.Response:
        return await self._authorised(method, _path(name, what), workload=name, **kwargs)

    async def _authorised(
        self, method: str, path: str, *, workload: str = "", **kwargs: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}"}
        return await self._ask(method, path, workload=workload, headers=headers, **kwargs)

    async def _ask(
        self, method: str, path: str, *, workload: str = "", **kwargs: Any
    ) -> httpx.Response:
        if self._client is None:
            raise ScalerAway("its address is not configured")
        try:
            answer = await self._client.request(method, path, **kwargs)
        except httpx.HTTPError as exc:
            raise ScalerAway(str(exc) or type(exc).__name__) from exc
        if not answer.is_success:
            raise _problem(answer, workload)
        return answer


def _path(name: str, what: str) -> str:
    return f"{_below(contract.WORKLOADS_PATH, name)}/{what}"


def _below(path: str, name: str) -> str:
    return f"{path}/{quote(name, safe='')}"


def _given(**params: Any) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _problem(answer: httpx.Response, workload: str) -> AutoServeError:
    """What the scaler's refusal is for whoever asked us."""
    status = answer.status_code
    detail, errors = _said(answer)
    if status == httpx.codes.SERVICE_UNAVAILABLE:
        return ScalerAway(detail)
    if status == httpx.codes.NOT_FOUND:
        is_workload = not errors or errors[0].field == "body.workload"
        if not is_workload:
            return NotKnown(detail)
        return WorkloadUnknown(workload or (str(errors[0].found) if errors else ""))
    if status == httpx.codes.CONFLICT:
        is_replica = any(error.field == "body.replica" for error in errors)
        return AnotherReplicaActs(detail) if is_replica else ModelUnusable(detail)
    if status == httpx.codes.UNPROCESSABLE_ENTITY:
        return ChangeRefused(detail, errors=errors)
    return ScalerAnswerUnknown(f"status {status}")


def _said(answer: httpx.Response) -> tuple[str, tuple[FieldProblem, ...]]:
    """The detail of a problem document and the fields that are wrong."""
    try:
        body = answer.json()
        errors = tuple(
            FieldProblem(
                field=f"body.{one['field']}", found=one["found"], allowed=str(one["allowed"])
            )
            for one in body["errors"]
        )
        return str(body["detail"]), errors
    except (ValueError, KeyError, TypeError):
        return "the scaler does not say why", ()


def _read(adapter: TypeAdapter[T], answer: httpx.Response) -> T:
    try:
        return adapter.validate_json(answer.content)
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ScalerAnswerUnknown(f"a body in which {where} is wrong: {first['msg']}") from exc
