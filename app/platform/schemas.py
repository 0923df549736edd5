"""The platform at a glance."""

from pydantic import BaseModel, Field

__all__ = ["Degradation", "Overview", "Point"]

Point = tuple[float, float]


class Degradation(BaseModel):
    """Something that is missing from the picture, and why."""

    what: str = Field(examples=["prometheus"])
    why: str = Field(examples=["it does not answer: connection refused"])


class Overview(BaseModel):
    """Series of points (unix time, value), oldest first; empty where nothing is known."""

    requests_rps: list[Point] = []
    errors_ratio: list[Point] = Field(default=[], description="Answers with 5xx, 0 to 1.")
    latency_p95_s: list[Point] = []
    latency_p50_s: list[Point] = []
    queue_depth: list[Point] = Field(default=[], description="Tasks that wait or run.")
    workers_ready: list[Point] = []
    api_ready: list[Point] = []
    degraded: list[Degradation] = []
