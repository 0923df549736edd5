"""The scaler's HTTP: a JSON API for the platform, and the management endpoints beside it.

Errors are problem details (RFC 9457) with the field, what was found and what is allowed.
"""

import hmac
import time
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from unicodedata import category

from fastapi import Depends, FastAPI, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException

from scaler import contract
from scaler.core.errors import SeriesError
from scaler.metrics import Metrics
from scaler.records import (
    EVENTS,
    SERIES,
    AnotherActsError,
    ModelError,
    NoDecisionError,
    Unavailable,
    UnknownFactorError,
    UnknownWorkloadError,
)
from scaler.services import Advising, Changing, Registering, Scaling

__all__ = ["api", "management"]

PROBLEM = "application/problem+json"
# A back-filled history of the greatest length in the widest notation.
MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_VALUES = 50_000
MAX_EVENTS = 10_000
# How far a clock of the platform may be ahead of ours.
MAX_AHEAD_S = 60.0
MAX_ASKED_LOAD = 1e12
NO_REASON = "no reason given"
UNNAMED = "somebody with the token"
LONGEST_FREEZE_S = 604_800.0  # a week; who needs longer wants mode "observe"


def _printable(words: str) -> str:
    """A text without control characters: no database keeps a NUL, and no line shows the others."""
    if any(category(letter) == "Cc" for letter in words):
        raise PydanticCustomError("control_character", "text without control characters")
    return words


Text = Annotated[str, AfterValidator(_printable)]
Words = Annotated[Text, Field(max_length=500)]
Seconds = Annotated[float, Query(gt=0, le=3_000_000, allow_inf_nan=False)]
Factor = Annotated[
    str, Path(pattern=r"^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$", examples=["temperature"])
]
Time = Annotated[float, Field(ge=0, lt=253_370_764_800, allow_inf_nan=False)]  # before year 9999
Count = Annotated[int | None, Query(ge=0, le=100_000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class History(_Body):
    """Load of the past, given instead of what was seen."""

    step_s: float = Field(gt=0, allow_inf_nan=False, examples=[60.0])
    end: float = Field(gt=0, allow_inf_nan=False, description="Unix time of the last value")
    values: list[float] = Field(min_length=1, max_length=MAX_VALUES, examples=[[4.0, 5.5, 6.1]])
    actor: Words = Field(UNNAMED, min_length=1)
    reason: Words = NO_REASON


class ModeChange(_Body):
    """Another mode for one workload, by whom and why."""

    mode: Literal["off", "observe", "enforce"]
    actor: Words = Field(min_length=1)
    reason: Words = NO_REASON


class Freeze(_Body):
    """No scale-in and no forecast for a while; the reactive path may still scale out."""

    for_s: float = Field(gt=0, le=LONGEST_FREEZE_S, allow_inf_nan=False, examples=[1800.0])
    actor: Words = Field(min_length=1)
    reason: Words = Field(min_length=1)


class Rollback(_Body):
    """Another version of the forecaster, by whom and why."""

    version: Text | None = Field(None, max_length=100)
    actor: Words = Field(min_length=1)
    reason: Words = NO_REASON


class Value(_Body):
    """A value of a series, from a time on; null is unknown from then on."""

    at: Time
    value: float | None = Field(allow_inf_nan=False)
    known_at: Time | None = None


class SeriesBody(_Body):
    """A series that goes with the load of some workloads, or of all."""

    values: list[Value] = Field(min_length=1, max_length=MAX_VALUES)
    workloads: list[Words] = Field([], max_length=1_000)
    planned: bool = False
    actor: Words = Field(min_length=1)


class CalendarEvent(_Body):
    """Something that was announced."""

    name: Text = Field(min_length=1, max_length=100)
    start: Time
    end: Time
    weight: float = Field(1.0, gt=0, allow_inf_nan=False)


class EventsBody(_Body):
    """A calendar of events that move the load of some workloads, or of all."""

    events: list[CalendarEvent] = Field(min_length=1, max_length=MAX_EVENTS)
    workloads: list[Words] = Field([], max_length=1_000)
    actor: Words = Field(min_length=1)


def api(
    scaling: Scaling,
    changing: Changing,
    advising: Advising | None = None,
    registering: Registering | None = None,
    *,
    token: str,
) -> FastAPI:
    """The JSON API; what changes something wants ``token`` as a bearer token."""
    app = FastAPI(title="AutoServe scaler", docs_url=None, redoc_url=None)
    _handle_errors(app)
    _show(app, scaling)
    _advise(app, advising)
    _change(app, changing, Depends(_bearer(token)))
    if registering is not None:
        _register(app, registering, Depends(_bearer(token)))
    return app


def _show(app: FastAPI, scaling: Scaling) -> None:
    one = contract.WORKLOADS_PATH + "/{name}"

    @app.get(contract.WORKLOADS_PATH)
    def workloads() -> list[dict[str, Any]]:
        """Each workload with its replicas, its forecast or why there is none, its decision."""
        return scaling.workloads()

    @app.get(contract.CHECKS_PATH)
    def checks() -> list[dict[str, str]]:
        """What the scaler itself lacks, such as a dependency that is away; empty when nothing."""
        return [{"what": name, "why": problem} for name, problem in scaling.checks().items()]

    @app.get(one + "/series")
    def series(name: str, window_s: Seconds = 3_600.0) -> dict[str, list[tuple[float, float]]]:
        """Load, forecast with its band, and replicas: ready, decided, of the floor and of the
        reactive path alone. A forecast stands at the time that it is for."""
        return scaling.series(name, window_s=window_s)

    @app.get(one + "/forecast")
    def forecast(name: str) -> dict[str, Any]:
        """The path ahead, or why there is no forecast yet."""
        return scaling.forecast(name)

    @app.get(one + "/explanation")
    def explanation(name: str, at: datetime | None = None) -> dict[str, Any]:
        """The newest decision, or the one in force at a time, with all that led to it."""
        return scaling.explanation(name, at=_aware(at))

    @app.get(one + "/what-if")
    def what_if(
        name: str,
        load: Annotated[float, Query(ge=0, le=MAX_ASKED_LOAD, allow_inf_nan=False)],
        ready: Count = None,
        current: Count = None,
    ) -> dict[str, Any]:
        """The decision that a load would lead to now; nothing is changed."""
        return scaling.what_if(name, load=load, ready=ready, current=current)

    @app.get(one + "/anomalies")
    def anomalies(name: str, window_s: Seconds = 86_400.0) -> list[dict[str, Any]]:
        """What was out of the ordinary of late, newest first."""
        return scaling.anomalies(name, window_s=window_s)

    @app.get(one + "/models")
    def models(name: str) -> list[dict[str, Any]]:
        """Kept versions of the forecaster, newest first."""
        return scaling.models(name)

    @app.get(one + "/cost")
    def cost(name: str, window_s: Seconds = 86_400.0) -> dict[str, Any]:
        """What the floor cost above the reactive path alone, and what it spared."""
        return scaling.cost(name, window_s=window_s)

    @app.get(contract.DECISIONS_PATH)
    def decisions(
        workload: str | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 50
    ) -> list[dict[str, Any]]:
        """Decisions, newest first."""
        return scaling.decisions(workload, limit=limit)


def _advise(app: FastAPI, advising: Advising | None) -> None:
    @app.get(contract.RECOMMENDATIONS_PATH)
    def recommendations(workload: str | None = None) -> list[dict[str, Any]]:
        """What containers should ask for, by resource; none where usage is not measured."""
        return [] if advising is None else advising.recommendations(workload)


def _change(app: FastAPI, changing: Changing, authorised: Any) -> None:
    one = contract.WORKLOADS_PATH + "/{name}"

    @app.get(one + "/changes")
    def changes(name: str, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> list[dict[str, Any]]:
        """Who changed what, when and why, newest first."""
        return changing.changes(name, limit=limit)

    @app.put(one + "/mode", dependencies=[authorised])
    def put_mode(name: str, change: ModeChange) -> dict[str, Any]:
        """Change the mode; it counts from the next tick and outlives a restart."""
        return changing.set_mode(name, change.mode, actor=change.actor, reason=change.reason)

    @app.put(one + "/freeze", dependencies=[authorised])
    def put_freeze(name: str, freeze: Freeze) -> dict[str, Any]:
        """Hold back scale-in and forecast for a while; it ends by itself."""
        return changing.freeze(name, for_s=freeze.for_s, actor=freeze.actor, reason=freeze.reason)

    @app.delete(one + "/freeze", dependencies=[authorised])
    def delete_freeze(
        name: str,
        actor: Annotated[Words, Query(min_length=1)],
        reason: Annotated[Words, Query()] = NO_REASON,
    ) -> dict[str, Any]:
        """End a freeze before its time."""
        return changing.unfreeze(name, actor=actor, reason=reason)

    @app.post(one + "/rollback", dependencies=[authorised])
    def post_rollback(name: str, rollback: Rollback) -> dict[str, Any]:
        """Let an older forecaster serve, by default the one before; "newest" ends that."""
        return changing.roll_back(
            name, rollback.version, actor=rollback.actor, reason=rollback.reason
        )

    @app.put(one + "/history", status_code=204, dependencies=[authorised])
    async def put_history(name: str, history: History) -> None:
        """Replace all load up to ``end``; a forecast is learnt from it soon after."""
        if history.end > time.time() + MAX_AHEAD_S:
            raise SeriesError("end", f"{history.end:.0f}", f"at most now, {time.time():.0f}")
        await run_in_threadpool(
            changing.backfill,
            name,
            step_s=history.step_s,
            end_s=history.end,
            values=history.values,
            actor=history.actor,
            reason=history.reason,
        )


def _register(app: FastAPI, registering: Registering, authorised: Any) -> None:
    for kind, path in ((SERIES, contract.SERIES_PATH), (EVENTS, contract.EVENTS_PATH)):
        _show_factors(app, registering, kind, path)
        _remove_factor(app, registering, kind, path, authorised)

    @app.put(contract.SERIES_PATH + "/{name}", dependencies=[authorised])
    def put_series(name: Factor, body: SeriesBody) -> dict[str, Any]:
        """Register a series or replace it; the forecasters learn with it from the next fit on."""
        return registering.register_series(
            name,
            [value.model_dump() for value in body.values],
            workloads=body.workloads,
            is_planned=body.planned,
            actor=body.actor,
        )

    @app.put(contract.EVENTS_PATH + "/{name}", dependencies=[authorised])
    def put_events(name: Factor, body: EventsBody) -> dict[str, Any]:
        """Register a calendar or replace it; the forecasters learn with it from the next fit on."""
        return registering.register_events(
            name,
            [event.model_dump() for event in body.events],
            workloads=body.workloads,
            actor=body.actor,
        )


def _show_factors(app: FastAPI, registering: Registering, kind: str, path: str) -> None:
    @app.get(path, name=f"list_{kind}")
    def factors() -> list[dict[str, Any]]:
        """What is registered, without its entries."""
        return registering.factors(kind)

    @app.get(path + "/{name}", name=f"read_{kind}")
    def factor(name: str) -> dict[str, Any]:
        """One of them with its entries."""
        return registering.factor(kind, name)


def _remove_factor(
    app: FastAPI, registering: Registering, kind: str, path: str, authorised: Any
) -> None:
    @app.delete(path + "/{name}", status_code=204, dependencies=[authorised], name=f"delete_{kind}")
    def remove(name: str, actor: Annotated[Words, Query(min_length=1)]) -> None:
        """Remove it; until the next fit the forecasters go on with it missing."""
        registering.unregister(kind, name, actor=actor)


def management(scaling: Scaling, metrics: Metrics) -> FastAPI:
    """Metrics and probes, on a port of their own."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    _handle_errors(app)

    @app.get(contract.METRICS_PATH)
    def exposition() -> Response:
        return Response(metrics.exposition(), media_type="text/plain; version=0.0.4")

    @app.get(contract.LIVENESS_PATH)
    def livez() -> JSONResponse:
        return _probe({} if scaling.is_alive() else {"loop": "has not ticked for long"})

    @app.get(contract.READINESS_PATH)
    def readyz() -> JSONResponse:
        """What keeps it from serving; beside it what is not as usual, which does not."""
        return _probe(scaling.checks(), scaling.conditions())

    @app.get(contract.STARTUP_PATH)
    def startupz() -> JSONResponse:
        return _probe({} if scaling.has_started() else {"loop": "the first tick is under way"})

    return app


def _probe(
    checks: dict[str, str], conditions: dict[str, dict[str, str]] | None = None
) -> JSONResponse:
    body: dict[str, Any] = {"ready": not checks, "checks": checks}
    if conditions is not None:
        body["conditions"] = conditions
    return JSONResponse(body, 503 if checks else 200)


def _bearer(token: str) -> Any:
    expected = f"Bearer {token}".encode()

    async def check(request: Request) -> None:
        found = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(found, expected):
            raise HTTPException(
                401, "a valid bearer token is needed", {"WWW-Authenticate": "Bearer"}
            )
        length = request.headers.get("content-length", "0" if request.method == "DELETE" else "")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            raise HTTPException(413, f"a Content-Length of at most {MAX_BODY_BYTES} is needed")

    return check


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {
                "field": ".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0]),
                "found": repr(one.get("input"))[:100],
                "allowed": one["msg"].removeprefix("Input should be "),
            }
            for one in error.errors()
        ]
        said = (f"{e['field']}: found {e['found']}, allowed: {e['allowed']}" for e in errors)
        return _problem(422, "Invalid request", detail="; ".join(said), errors=errors)

    @app.exception_handler(SeriesError)
    async def bad_series(_: Request, error: SeriesError) -> JSONResponse:
        errors = [{"field": error.field, "found": error.found, "allowed": error.allowed}]
        return _problem(422, "Invalid series", detail=str(error), errors=errors)

    @app.exception_handler(UnknownWorkloadError)
    async def unknown(_: Request, error: UnknownWorkloadError) -> JSONResponse:
        allowed = ", ".join(error.allowed)
        errors = [{"field": "workload", "found": error.found, "allowed": allowed}]
        return _problem(404, "Unknown workload", detail=str(error), errors=errors)

    @app.exception_handler(UnknownFactorError)
    async def no_factor(_: Request, error: UnknownFactorError) -> JSONResponse:
        allowed = ", ".join(error.allowed)
        errors = [{"field": error.kind, "found": error.found, "allowed": allowed}]
        return _problem(404, f"No such {error.kind}", detail=str(error), errors=errors)

    @app.exception_handler(NoDecisionError)
    async def no_decision(_: Request, error: NoDecisionError) -> JSONResponse:
        found = error.at.isoformat() if error.at else "now"
        errors = [{"field": "at", "found": found, "allowed": "a time with a kept decision"}]
        return _problem(404, "No such decision", detail=str(error), errors=errors)

    @app.exception_handler(ModelError)
    async def no_model(_: Request, error: ModelError) -> JSONResponse:
        errors = [{"field": "version", "found": "", "allowed": error.why}]
        return _problem(409, "The model cannot serve", detail=str(error), errors=errors)

    @app.exception_handler(AnotherActsError)
    async def another_acts(_: Request, error: AnotherActsError) -> JSONResponse:
        allowed = error.holder or "one that acts"
        errors = [{"field": "replica", "found": "one that observes", "allowed": allowed}]
        answer = _problem(409, "Another replica acts", detail=str(error), errors=errors)
        answer.headers["connection"] = "close"  # only another connection leads to another replica
        return answer

    @app.exception_handler(Unavailable)
    async def away(_: Request, error: Unavailable) -> JSONResponse:
        return _problem(503, "A dependency is away", detail=str(error))

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        answer = _problem(error.status_code, str(error.detail))
        answer.headers.update(error.headers or {})
        return answer


def _aware(at: datetime | None) -> datetime | None:
    """A time without an offset is one in UTC."""
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def _problem(
    status: int, title: str, *, detail: str = "", errors: list[dict[str, str]] | None = None
) -> JSONResponse:
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail or title,
        "errors": errors or [],
    }
    return JSONResponse(body, status, media_type=PROBLEM)
