"""Reads load from Prometheus over its HTTP API.

Source: Prometheus docs, "HTTP API", instant and range queries.
"""

from typing import Any

import httpx
import numpy as np

from scaler.core.series import Floats
from scaler.ports import Container, Signals, Unavailable, Usage, Workload

__all__ = ["DEPENDENCY", "Prometheus"]

DEPENDENCY = "prometheus"
# Prometheus refuses more points of one series in one answer.
MAX_POINTS = 11_000
# What it says of a query that is at fault itself.
REFUSALS = frozenset({"bad_data", "execution"})


# The first one that a series has tells its container from others that run the same.
INSTANCE_LABELS = ("pod", "process", "replica")


class Refused(Unavailable):
    """Prometheus answered that this query cannot be answered; it is up."""


class Prometheus:
    """A ``LoadSource``; used by the loop's thread only."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        self._client = httpx.Client(base_url=url, timeout=timeout_s, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def load(self, workload: Workload) -> float | None:
        value = self._instant(workload.load_query)
        return value if np.isfinite(value) and value >= 0 else None

    def ready(self, workload: Workload) -> int:
        value = self._instant(workload.ready_query)
        return int(value) if np.isfinite(value) and value >= 0 else 0

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
        result = self._get("/api/v1/query", {"query": query})
        if result["resultType"] != "vector":
            raise Refused(DEPENDENCY, f"no series, but a {result['resultType']} from {query}")
        found = (_usage(row["metric"], float(row["value"][1])) for row in result["result"])
        return [usage for usage in found if usage is not None]

    def history(self, workload: Workload, *, step_ms: int, first: int, last: int) -> Floats:
        parts = [np.empty(0)]
        for low in range(first, last + 1, MAX_POINTS):
            high = min(low + MAX_POINTS - 1, last)
            parts.append(self._range(workload.load_query, step_ms=step_ms, first=low, last=high))
        return np.concatenate(parts)

    def _instant(self, query: str) -> float:
        result = self._get("/api/v1/query", {"query": query})
        if result["resultType"] == "scalar":
            return float(result["result"][1])
        rows = self._one(result["result"], query)
        return float(rows[0]["value"][1]) if rows else float("nan")

    def _optional(self, query: str, problems: list[str]) -> float | None:
        """A value that the scaler can do without; a refused query is a problem of its own."""
        if not query:
            return None
        try:
            value = self._instant(query)
        except Refused as error:
            problems.append(error.detail)
            return None
        return value if np.isfinite(value) and value >= 0 else None

    def _releases(self, query: str, problems: list[str]) -> list[str]:
        """The labels of each series, in one text; nothing for a series without any."""
        if not query:
            return []
        try:
            result = self._get("/api/v1/query", {"query": query})
        except Refused as error:
            problems.append(error.detail)
            return []
        if result["resultType"] != "vector":
            problems.append(f"no series, but a {result['resultType']} from {query}")
            return []
        named = (
            ",".join(f"{k}={v}" for k, v in sorted(row["metric"].items()) if k != "__name__")
            for row in result["result"]
        )
        return sorted(name for name in named if name)

    def _range(self, query: str, *, step_ms: int, first: int, last: int) -> Floats:
        parameters = {
            "query": query,
            "start": f"{first * step_ms / 1000:.3f}",
            "end": f"{last * step_ms / 1000:.3f}",
            "step": f"{step_ms}ms",
        }
        result = self._get("/api/v1/query_range", parameters)
        values = np.full(last - first + 1, np.nan)
        for row in self._one(result["result"], query):
            for time_s, text in row["values"]:
                index = round(float(time_s) * 1000 / step_ms) - first
                if 0 <= index < len(values):
                    values[index] = float(text)
        return np.where(np.isfinite(values) & (values >= 0), values, np.nan)

    def _get(self, path: str, parameters: dict[str, str]) -> dict[str, Any]:
        try:
            answer = self._client.post(path, data=parameters)
            body = answer.json()
            if body.get("status") == "success":
                data: dict[str, Any] = body["data"]
                return data
            kind = str(body.get("errorType"))
            detail = f"{kind}: {body.get('error')}"
        except httpx.HTTPError as error:
            raise Unavailable(DEPENDENCY, str(error) or type(error).__name__) from error
        except (ValueError, AttributeError, KeyError) as error:
            detail = f"HTTP {answer.status_code} without the JSON of a query's answer"
            raise Unavailable(DEPENDENCY, detail) from error
        raise (Refused if kind in REFUSALS else Unavailable)(DEPENDENCY, detail)

    def _one(self, rows: list[dict[str, Any]], query: str) -> list[dict[str, Any]]:
        if len(rows) > 1:
            raise Refused(DEPENDENCY, f"{len(rows)} series instead of one from {query}")
        return rows


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
