"""Reads the overview from Prometheus; where it is away, the series are empty and that is said."""

import asyncio
import math

import httpx

from app.platform.queries import queries, step_for
from app.platform.schemas import Degradation, Overview, Point

__all__ = ["overview"]

QUERY_RANGE_PATH = "/api/v1/query_range"


class PrometheusAway(Exception):
    """A question to Prometheus had no usable answer."""


async def overview(
    prometheus: httpx.AsyncClient | None, *, window_s: int, now_s: float
) -> Overview:
    """The series of the last ``window_s`` seconds, with what is missing in ``degraded``."""
    if prometheus is None:
        return _without("its address is not configured")
    asked = queries(window_s)
    step_s = step_for(window_s)
    # On whole steps, so that points do not wander between two looks.
    end_s = now_s - now_s % step_s
    answers = await asyncio.gather(
        *(
            _range(prometheus, query, start_s=end_s - window_s, end_s=end_s, step_s=step_s)
            for query in asked.values()
        ),
        return_exceptions=True,
    )
    series: dict[str, list[Point]] = {}
    for name, answer in zip(asked, answers, strict=True):
        if isinstance(answer, PrometheusAway):
            return _without(str(answer))
        if isinstance(answer, BaseException):
            raise answer
        series[name] = answer
    return Overview.model_validate(series)


def _without(why: str) -> Overview:
    return Overview(degraded=[Degradation(what="prometheus", why=why)])


async def _range(
    prometheus: httpx.AsyncClient, query: str, *, start_s: float, end_s: float, step_s: int
) -> list[Point]:
    params: dict[str, str | float] = {
        "query": query,
        "start": start_s,
        "end": end_s,
        "step": step_s,
    }
    try:
        answer = await prometheus.get(QUERY_RANGE_PATH, params=params)
        answer.raise_for_status()
        found = answer.json()["data"]["result"]
        points = [(float(t), float(v)) for t, v in found[0]["values"]] if found else []
    except httpx.HTTPError as exc:
        raise PrometheusAway(f"it does not answer: {exc or type(exc).__name__}") from exc
    except (ValueError, KeyError, TypeError, IndexError) as exc:
        raise PrometheusAway(f"its answer is not understood: {exc}") from exc
    return [point for point in points if math.isfinite(point[1])]
