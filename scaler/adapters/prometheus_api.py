"""Asks Prometheus' HTTP API within limits: of time for a tick, of attempts, of an answer's size.

What may pass by itself (a refused connection, a gateway that has nobody behind it, "try later") is
tried again after a pause that grows and is random, as long as time is left. A query that is at
fault itself is not.

Source: Prometheus docs, "HTTP API", format overview and "Expression queries".
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from scaler.records import Unasked, Unavailable, Unusable

__all__ = ["DEPENDENCY", "Answer", "PrometheusApi"]

DEPENDENCY = "prometheus"
ATTEMPTS = 3
FIRST_PAUSE_S = 0.1
# Ten times what the longest range of two series has.
MAX_ANSWER_BYTES = 16 * 1024 * 1024
BUSY = frozenset({408, 429, 500, 502, 503, 504})
# What it says of a query that is at fault itself, and of one that may do another time.
REFUSALS = frozenset({"bad_data", "execution", "not_found"})
FAILURES = frozenset({"timeout", "canceled", "internal"})
# Of the time that we wait: else we would give up before it can say that the query takes too long.
ANSWER_SHARE = 0.9


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a query gave.

    Attributes:
        data: the result with its type.
        warnings: why it may be less than the whole; empty when it is whole.
    """

    data: dict[str, Any]
    warnings: tuple[str, ...]


class _Passing(Exception):
    """It failed in a way that may be over soon; ``error`` is for when it is not."""

    def __init__(self, error: Unavailable) -> None:
        super().__init__(str(error))
        self.error = error


class PrometheusApi:
    """One connection pool; ``begin`` and ``ask`` belong to one thread.

    Args:
        timeout_s: for one question with all its attempts, seconds.
        budget_s: for all questions of one tick, seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float,
        budget_s: float = float("inf"),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = httpx.Client(base_url=url, trust_env=False)
        self._timeout_s, self._budget_s = timeout_s, budget_s
        self._tick_ends_at = float("inf")
        self._sleep = sleep

    def close(self) -> None:
        self._client.close()

    def begin(self) -> None:
        """A tick begins."""
        self._tick_ends_at = time.monotonic() + self._budget_s

    def ask(self, path: str, parameters: Mapping[str, str]) -> Answer:
        """The answer to a query.

        Raises:
            Unavailable: it did not answer in time.
            Unasked: the time of this tick is used up, or was before it could answer.
            Unusable: it answered that the query cannot be answered, or took too long.
        """
        began = time.monotonic()
        used_up = f"too slow: the {self._budget_s:.3g} s of this tick are used up"
        if began >= self._tick_ends_at:
            raise Unasked(DEPENDENCY, used_up)
        left_s = min(self._tick_ends_at - began, self._timeout_s)
        try:
            return self._tried(path, parameters, began + left_s)
        except Unavailable as error:
            is_cut = left_s < min(self._timeout_s, self._budget_s / 2)
            is_answer = isinstance(error, Unusable) and not error.may_pass
            if is_cut and not is_answer:
                raise Unasked(DEPENDENCY, used_up) from error
            raise

    def _tried(self, path: str, parameters: Mapping[str, str], ends_at: float) -> Answer:
        for attempt in range(ATTEMPTS):
            try:
                return self._once(path, parameters, ends_at)
            except _Passing as error:
                jitter = random.uniform(0.5, 1.5)  # noqa: S311 - spreads retries, guards nothing
                pause = FIRST_PAUSE_S * 2**attempt * jitter
                if attempt == ATTEMPTS - 1 or time.monotonic() + pause >= ends_at:
                    raise error.error from error
                self._sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, path: str, parameters: Mapping[str, str], ends_at: float) -> Answer:
        left_s = ends_at - time.monotonic()
        if left_s <= 0:
            raise Unavailable(DEPENDENCY, f"no answer within {self._timeout_s:.3g} s")
        timeout_ms = max(1, round(ANSWER_SHARE * left_s * 1000))
        asked = {**parameters, "timeout": f"{timeout_ms}ms"}
        try:
            with self._client.stream("POST", path, data=asked, timeout=left_s) as answer:
                content = _read(answer, ends_at)
                return _answer(answer.status_code, content)
        except httpx.TimeoutException as error:
            detail = f"no answer within {self._timeout_s:.3g} s"
            raise Unavailable(DEPENDENCY, detail) from error
        except httpx.HTTPError as error:
            detail = str(error) or type(error).__name__
            raise _Passing(Unavailable(DEPENDENCY, detail)) from error


def _read(answer: httpx.Response, ends_at: float) -> bytes:
    """The body, bounded in size and time: a time-out of the socket alone never ends a trickle."""
    content = bytearray()
    for part in answer.iter_bytes():
        content += part
        if len(content) > MAX_ANSWER_BYTES:
            most = MAX_ANSWER_BYTES // 1024**2
            raise Unusable(DEPENDENCY, "too_large", f"an answer of more than {most} MiB")
        if time.monotonic() > ends_at:
            raise httpx.ReadTimeout("the answer does not end", request=answer.request)
    return bytes(content)


def _answer(status: int, content: bytes) -> Answer:
    try:
        body = json.loads(content)
        if body["status"] == "success":
            warnings = tuple(str(warning) for warning in body.get("warnings") or ())
            return Answer(data=dict(body["data"]), warnings=warnings)
        kind, said = str(body["errorType"]), str(body["error"])
    except (ValueError, TypeError, KeyError) as error:
        away = Unavailable(DEPENDENCY, f"HTTP {status} without the JSON of a query's answer")
        raise (_Passing(away) if status in BUSY else away) from error
    detail = f"{kind}: {said}"
    if kind in REFUSALS:
        raise Unusable(DEPENDENCY, "refused", detail)
    found = Unavailable(DEPENDENCY, detail)
    if kind in FAILURES:
        found = Unusable(DEPENDENCY, kind, detail, may_pass=True)
    raise _Passing(found) if kind in ("unavailable", "internal") else found
