"""The correlation id: one short text that joins every log line, answer and task of one request.

It lives in a context variable, which each asyncio task and each thread of a request sees as its
own.
"""

import re
from contextvars import ContextVar
from uuid import uuid4

__all__ = ["HEADER", "bind", "correlation_id", "new_correlation_id"]

HEADER = "X-Request-ID"

_ACCEPTED = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_current: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def correlation_id() -> str | None:
    """The id of the request or task under way, if there is one."""
    return _current.get()


def bind(value: str | None) -> None:
    """Make ``value`` the id of everything that follows in this task or thread."""
    _current.set(value)


def new_correlation_id(offered: str | None = None) -> str:
    """The id a client offered when it is harmless in a header and a log line, else a new one."""
    if offered is not None and _ACCEPTED.fullmatch(offered):
        return offered
    return uuid4().hex
