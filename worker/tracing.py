"""Spans of worker and relay: one per publication, one per run, both part of the trace of the
request that submitted the task.

The way of a trace: the API keeps the request's ``traceparent`` with the task, the relay's span is
its child, the message carries that span's ``traceparent``, and the run is its child in turn.
Without a collector nothing is recorded, and what came in is handed on.

Why not OpenTelemetry's instrumentation of Celery: its span of a publication is ended only in a
process that has the task registered, which the relay has not, so that each publication would become
a child of the one before; and a run of ours that fails is no exception that Celery sees.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from opentelemetry.trace import NoOpTracer, Span, SpanKind, StatusCode, Tracer

from app.core.tracing import context_of, traceparent, tracer_provider
from app.tasks.models import TaskState
from worker import contract
from worker.execution import Outcome
from worker.outbox import Publication

__all__ = ["Traces"]


@dataclass(frozen=True, kw_only=True)
class Traces:
    """Makes the spans of the process that made it, not of its forks; ``end`` sends what waits."""

    tracer: Tracer
    end: Callable[[], None]

    @classmethod
    def of(cls, service: str, endpoint: object | None) -> "Traces":
        """To the collector at ``endpoint``; to nowhere without one."""
        if endpoint is None:
            return cls(tracer=NoOpTracer(), end=lambda: None)
        provider = tracer_provider(service, str(endpoint))
        return cls(tracer=provider.get_tracer(__name__), end=provider.shutdown)

    @contextmanager
    def publishing(self, publication: Publication) -> Iterator[str | None]:
        """Around one publication; gives the ``traceparent`` of its message."""
        with self._span(
            f"publish {publication.type}",
            SpanKind.PRODUCER,
            parent=publication.traceparent,
            task_id=publication.task_id,
            token=publication.token,
        ) as span:
            span.set_attribute("autoserve.outbox.waited_s", publication.waited_s)
            yield traceparent()

    @contextmanager
    def running(
        self, task_id: UUID, token: int, parent: str | None
    ) -> Iterator[Callable[[Outcome], None]]:
        """Around one run; gives what must be told its outcome."""
        with self._span(
            "run", SpanKind.CONSUMER, parent=parent, task_id=task_id, token=token
        ) as span:
            yield lambda outcome: _end(span, outcome)

    @contextmanager
    def _span(
        self, name: str, kind: SpanKind, *, parent: str | None, task_id: UUID, token: int
    ) -> Iterator[Span]:
        attributes: dict[str, str | int] = {
            "messaging.system": "celery",
            "messaging.destination.name": contract.QUEUE,
            "autoserve.task.id": str(task_id),
            "autoserve.task.fencing_token": token,
        }
        with self.tracer.start_as_current_span(
            name, context=context_of(parent), kind=kind, attributes=attributes
        ) as span:
            yield span


def _end(span: Span, outcome: Outcome) -> None:
    if outcome.type:
        span.update_name(f"run {outcome.type}")
        span.set_attribute("autoserve.task.type", outcome.type)
    span.set_attribute("autoserve.task.outcome", outcome.outcome)
    if outcome.outcome in (TaskState.FAILED, "retry", "lost"):
        span.set_status(StatusCode.ERROR, outcome.outcome)
