"""Traces, sent by OTLP over HTTP where a collector is configured; without one nothing is sent.

The SDK, the exporter and the instrumentation are imported only when they are used: they cost
memory. The API package does not, since FastAPI and the Redis client import it anyway.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from fastapi import FastAPI
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

__all__ = ["TRACEPARENT", "context_of", "trace", "traceparent", "tracer_provider"]

EXPORT_S = 5  # longest that one export may take
TRACEPARENT = "traceparent"  # W3C Trace Context, section 3.2

_propagator = TraceContextTextMapPropagator()


def trace(app: FastAPI, *, service: str, endpoint: str | None) -> Callable[[], None]:
    """Trace every request of ``app``; returns what must be called at the end."""
    if endpoint is None:
        return lambda: None
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor  # noqa: PLC0415 - memory

    provider = tracer_provider(service, endpoint)
    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider, exclude_spans=["receive"])
    return provider.shutdown


def tracer_provider(service: str, endpoint: str) -> "TracerProvider":
    """A provider whose spans go to a collector, in batches, from a thread of their own.

    Make it in the process that uses it: the thread does not survive a fork. ``shutdown`` sends what
    waits.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - memory
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - memory
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - memory
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - memory

    exporter = OTLPSpanExporter(
        endpoint=urljoin(endpoint.rstrip("/") + "/", "v1/traces"), timeout=EXPORT_S
    )
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def traceparent() -> str | None:
    """The span under way as text that another process can continue; None where there is none."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get(TRACEPARENT)


def context_of(parent: str | None) -> Context:
    """What :func:`traceparent` gave, as the parent of new spans; of None, no parent at all."""
    return _propagator.extract({TRACEPARENT: parent} if parent else {}, context=Context())
