"""The errors that the API raises on purpose, and their form on the wire (RFC 9457).

AutoServeError
├── InvalidValue        422  a value that no field declares as wrong, but the database refuses
├── NotAuthenticated    401  no token, or one that is not good
├── NotAllowed          403  the role is not enough
├── NotFound            404
├── Conflict            409
├── TooManyRequests     429  carries retry_after_s
└── Unavailable         503  a dependency is away; carries retry_after_s
    ├── DatabaseAway
    └── DatabaseBusy         no connection of the pool came free in time

Each feature adds its own subclasses beside its service. ``keeps_writes`` says that what was written
before the error is committed nevertheless (a revoked token family must stay revoked although the
answer is 401).
"""

import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic import BaseModel, Field

__all__ = [
    "AutoServeError",
    "Conflict",
    "DatabaseAway",
    "DatabaseBusy",
    "FieldProblem",
    "InvalidValue",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "Problem",
    "TooManyRequests",
    "Unavailable",
    "problems",
]

PROBLEM_MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, kw_only=True)
class FieldProblem:
    """One field that is wrong: where, what was found, what is allowed."""

    field: str
    found: object
    allowed: str


class AutoServeError(Exception):
    """Base of every error the API raises on purpose; ``status`` is its HTTP answer."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "The request failed"
    keeps_writes: ClassVar[bool] = False

    def __init__(
        self,
        detail: str,
        *,
        errors: tuple[FieldProblem, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}


class InvalidValue(AutoServeError):
    status = 422
    title = "A value is not allowed"


class NotAuthenticated(AutoServeError):
    status = 401
    title = "Sign in first"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class NotAllowed(AutoServeError):
    status = 403
    title = "Your role does not allow this"


class NotFound(AutoServeError):
    status = 404
    title = "Not found"


class Conflict(AutoServeError):
    status = 409
    title = "The present state does not allow this"


class TooManyRequests(AutoServeError):
    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after_s: float) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, round(retry_after_s)))})
        self.retry_after_s = retry_after_s


class Unavailable(AutoServeError):
    status = 503
    title = "A dependency is away"

    def __init__(self, detail: str, *, retry_after_s: float = 2) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, round(retry_after_s)))})
        self.retry_after_s = retry_after_s


class DatabaseAway(Unavailable):
    def __init__(self, reason: str) -> None:
        super().__init__(f"The database does not answer: {reason}")
        self.reason = reason


class DatabaseBusy(Unavailable):
    title = "The database is busy"

    def __init__(self, waited_s: float) -> None:
        super().__init__(f"No connection to the database came free within {waited_s:g} s")
        self.waited_s = waited_s


class ProblemField(BaseModel):
    """One field that is wrong."""

    field: str = Field(examples=["body.email"])
    found: Any = Field(examples=["not-an-address"])
    allowed: str = Field(examples=["value is not a valid email address"])


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["A value is not allowed"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["body.email: value is not a valid email address"])
    errors: list[ProblemField] = []
    correlation_id: str | None = Field(default=None, examples=["0f8fad5bd9cb469fa16570867728950e"])


def problem_body(
    *,
    status: int,
    detail: str,
    title: str | None = None,
    kind: str = "about:blank",
    errors: tuple[FieldProblem, ...] = (),
    correlation_id: str | None,
) -> bytes:
    """The answer's body for one problem."""
    problem = Problem(
        type=kind,
        title=title or HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=[
            ProblemField(field=error.field, found=_shown(error.found), allowed=error.allowed)
            for error in errors
        ],
        correlation_id=correlation_id,
    )
    return problem.model_dump_json().encode("utf-8", errors="replace")


def problems(*kinds: type[AutoServeError]) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of an endpoint that may raise these errors."""
    titles: dict[int, list[str]] = {}
    for kind in kinds:
        names = titles.setdefault(kind.status, [])
        if kind.title not in names:
            names.append(kind.title)
    return {
        status: {
            "description": "; ".join(names),
            "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, names in sorted(titles.items())
    }


def _shown(value: object) -> object:
    """A value found, cut short, as JSON can carry it."""
    if value is None or isinstance(value, bool | int | float):
        return value if _is_plain_number(value) else repr(value)[:200]
    text = value if isinstance(value, str) else repr(value)
    return text.encode("utf-8", errors="backslashreplace").decode()[:200]


def _is_plain_number(value: bool | int | float | None) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or abs(value) < 2**53
