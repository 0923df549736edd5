"""Reads load from Prometheus: one number at a time, and only one that can be trusted.

A value counts when it is one number from one series, whole and of now. Else the query has no value
(nothing is there), or its answer is ``Unusable`` and says why: several series, a warning (parts are
missing), an old value, no number. What is partial is missing; it is never taken for the whole.

Source: Prometheus docs, "HTTP API", instant and range queries.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from scaler.adapters.prometheus_api import DEPENDENCY, Answer, PrometheusApi
from scaler.core.series import MAX_LOAD, Floats
from scaler.records import Container, Signals, Unavailable, Unusable, Usage, Workload

__all__ = ["DEPENDENCY", "MAX_POINTS", "Prometheus"]

# Prometheus refuses more than 11,000 points of one series in one answer.
MAX_POINTS = 5_000
LEAST_POINTS = 50
# The first one that a series has tells its container from others that run the same.
INSTANCE_LABELS = ("pod", "process", "replica")
QUERY, QUERY_RANGE = "/api/v1/query", "/api/v1/query_range"
# A second series is enough to know that there are several; more would only cost memory.
MOST_SERIES = "2"
# What Prometheus says where fewer points would do: its limit of samples in memory, or of time.
TOO_MUCH = ("too many samples", "exceeded maximum resolution", "query timed out")


class Prometheus:
    """A ``LoadSource`` and a ``UsageSource``; one for each thread.

    Args:
        timeout_s: for one question with all its attempts, seconds.
        budget_s: for all questions of one tick, seconds.
        stale_after_s: an older value counts as missing, seconds; within a history only where
            Prometheus can be told so (``lookback_delta``), else it lets a value count for its own
            time, five minutes by default.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float,
        budget_s: float = float("inf"),
        stale_after_s: float = 120.0,
    ) -> None:
        self._api = PrometheusApi(url, timeout_s=timeout_s, budget_s=budget_s)
        self._stale_after_s = stale_after_s

    def close(self) -> None:
        self._api.close()

    def begin(self) -> None:
        self._api.begin()

    def load(self, workload: Workload) -> float | None:
        return self._instant(workload.load_query)

    def ready(self, workload: Workload) -> int:
        return int(self._instant(workload.ready_query) or 0)

    def signals(self, workload: Workload) -> Signals:
        queries = workload.signals
        problems: list[str] = []
        releases = self._releases(queries.release, problems)
        return Signals(
            utilisation=self._optional(queries.utilisation, problems),
            latency_s=self._optional(queries.latency, problems),
            queue_wait_s=self._optional(queries.queue_wait, problems),
            release=releases[0] if len(releases) == 1 else None,
            is_mixed=len(releases) > 1,
            problems=tuple(problems),
        )

    def usages(self, query: str) -> list[Usage]:
        answer = self._ask(QUERY, {"query": query})
        _check_whole(answer, query)
        kind = answer.data["resultType"]
        if kind != "vector":
            raise Unusable(DEPENDENCY, "no_series", f"no series, but a {kind} from {query}")
        with _readable(query):
            found = [_usage(row["metric"], float(row["value"][1])) for row in answer.data["result"]]
        return [usage for usage in found if usage is not None]

    def history(self, workload: Workload, *, step_ms: int, first: int, last: int) -> Floats:
        values = np.full(last - first + 1, np.nan)
        points = MAX_POINTS
        low = first
        while low <= last:
            high = min(low + points - 1, last)
            try:
                found = self._range(workload.load_query, step_ms=step_ms, first=low, last=high)
            except (Unusable, Unavailable) as error:
                if points <= LEAST_POINTS or not any(said in error.detail for said in TOO_MUCH):
                    raise
                points = max(LEAST_POINTS, points // 4)
                continue
            values[low - first : high - first + 1] = found
            low = high + 1
        return values

    def _instant(self, query: str) -> float | None:
        """The value now; ``None`` where there is none."""
        answer = self._ask(QUERY, {"query": query, "limit": MOST_SERIES})
        kind, result = answer.data["resultType"], answer.data["result"]
        if kind not in ("scalar", "vector"):
            raise Unusable(DEPENDENCY, "no_number", f"no number, but a {kind} from {query}")
        if kind == "vector":
            row = _one(result, query)
            _check_whole(answer, query)
            if row is None:
                return None
            result = row.get("value")
        with _readable(query):
            at, value = map(float, result)
        age_s = time.time() - at
        if abs(age_s) > self._stale_after_s:
            when = f"{age_s:.0f} s old" if age_s > 0 else f"{-age_s:.0f} s ahead of our clock"
            raise Unusable(DEPENDENCY, "stale", f"the value of {query} is {when}")
        if not 0 <= value <= MAX_LOAD:
            raise Unusable(DEPENDENCY, "no_number", f"{query} gives {value:g}")
        return value

    def _optional(self, query: str, problems: list[str]) -> float | None:
        """A value that the scaler can do without; an unusable one is a problem of its own."""
        if not query:
            return None
        try:
            return self._instant(query)
        except Unusable as error:
            if error.reason != "no_number":  # a ratio of nothing to nothing is no mistake
                problems.append(error.detail)
            return None

    def _releases(self, query: str, problems: list[str]) -> list[str]:
        """The labels of each series, in one text; nothing for a series without any."""
        if not query:
            return []
        try:
            answer = self._ask(QUERY, {"query": query})
            _check_whole(answer, query)
        except Unusable as error:
            problems.append(error.detail)
            return []
        kind = answer.data["resultType"]
        if kind != "vector":
            problems.append(f"no series, but a {kind} from {query}")
            return []
        named = (
            ",".join(f"{k}={v}" for k, v in sorted(row["metric"].items()) if k != "__name__")
            for row in answer.data["result"]
        )
        return sorted(name for name in named if name)

    def _range(self, query: str, *, step_ms: int, first: int, last: int) -> Floats:
        parameters = {
            "query": query,
            "start": f"{first * step_ms / 1000:.3f}",
            "end": f"{last * step_ms / 1000:.3f}",
            "step": f"{step_ms}ms",
            "limit": MOST_SERIES,
        }
        answer = self._ask(QUERY_RANGE, parameters)
        row = _one(answer.data["result"], query)
        _check_whole(answer, query)
        values = np.full(last - first + 1, np.nan)
        with _readable(query):
            for time_s, text in row["values"] if row else ():
                index = round(float(time_s) * 1000 / step_ms) - first
                if 0 <= index < len(values):
                    values[index] = float(text)
        return np.where((values >= 0) & (values <= MAX_LOAD), values, np.nan)

    def _ask(self, path: str, parameters: Mapping[str, str]) -> Answer:
        lookback = f"{round(self._stale_after_s * 1000)}ms"
        answer = self._api.ask(path, {**parameters, "lookback_delta": lookback})
        if not {"resultType", "result"} <= answer.data.keys():
            raise Unavailable(DEPENDENCY, "an answer without a result")
        return answer


def _one(rows: list[dict[str, Any]], query: str) -> dict[str, Any] | None:
    """The only series; ``None`` where there is none."""
    if len(rows) > 1:
        detail = f"several series instead of one from {query}"
        raise Unusable(DEPENDENCY, "several_series", detail)
    return rows[0] if rows else None


def _check_whole(answer: Answer, query: str) -> None:
    if answer.warnings:
        detail = f"only a part of {query} is known ({answer.warnings[0]})"
        raise Unusable(DEPENDENCY, "partial", detail, may_pass=True)


@contextmanager
def _readable(query: str) -> Iterator[None]:
    """What stands in the answer has the shape of the documentation."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unavailable(DEPENDENCY, f"the answer to {query} cannot be read") from error


def _usage(labels: dict[str, str], value: float) -> Usage | None:
    workload = labels.get("workload") or labels.get("service")
    if not workload or not np.isfinite(value) or value < 0:
        return None
    instances = (labels.get(name) for name in INSTANCE_LABELS)
    return Usage(
        container=Container(workload=workload, name=labels.get("container") or workload),
        instance=next((name for name in instances if name), ""),
        value=value,
    )
