"""Traces, sent by OTLP over HTTP where a collector is configured; without one nothing is loaded.

The exporter and the instrumentation are imported only when they are used: they cost memory.
"""

from collections.abc import Callable
from urllib.parse import urljoin

from fastapi import FastAPI

__all__ = ["trace"]

EXPORT_S = 5  # longest that one export may take


def trace(app: FastAPI, *, service: str, endpoint: str | None) -> Callable[[], None]:
    """Trace every request of ``app``; returns what must be called at the end."""
    if endpoint is None:
        return lambda: None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - memory
        OTLPSpanExporter,
    )
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor  # noqa: PLC0415 - memory
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - memory
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - memory
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - memory

    exporter = OTLPSpanExporter(
        endpoint=urljoin(endpoint.rstrip("/") + "/", "v1/traces"), timeout=EXPORT_S
    )
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    FastAPIInstrumentor.instrument_app(app, tracer_provider=provider, exclude_spans=["receive"])
    return provider.shutdown
