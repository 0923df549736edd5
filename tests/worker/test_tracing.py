"""One trace from the request to the run, through outbox and broker, as a collector receives it."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from app import contract
from app.core.identity import Principal, Role
from app.core.tokens import AccessTokens
from tests.app.fakes import FakeService, fake_service
from tests.ports import free_port
from worker.execution import Outcome
from worker.outbox import Publication
from worker.tracing import Traces

HOST = "127.0.0.1"
TASK = UUID(int=7)
PARENT = f"00-{'ab' * 16}-{'cd' * 8}-01"


def received(collector: FakeService) -> list[tuple[str, Span]]:
    """(service, span) of all that the collector was sent."""
    return [
        (resource.resource.attributes[_index_of(resource, "service.name")].value.string_value, span)
        for asked in collector.asked
        for resource in ExportTraceServiceRequest.FromString(asked.body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def attributes(span: Span) -> dict[str, Any]:
    return {
        pair.key: getattr(pair.value, str(pair.value.WhichOneof("value")))
        for pair in span.attributes
    }


def test_the_trace_of_a_request_goes_on_in_the_relay_and_in_the_run(
    tasks: Any, start_service: Callable[..., Any]
) -> None:
    with fake_service() as collector:
        collector.answers["/v1/traces"] = (200, "")
        to_collector = {contract.OTLP_ENDPOINT: collector.url}
        api, submit = _api(start_service, tasks.owner_id, to_collector)
        services = [
            api,
            start_service("worker.relay", **to_collector),
            start_service("worker.main", **to_collector),
        ]
        for service in services:
            service.wait_until_ready()
        ids = [submit(seconds=0.3), submit(seconds=0.3)]
        for task_id in ids:
            tasks.wait_for(task_id, "succeeded")
        for service in services:  # what waits is sent at the end
            assert service.stop() == 0
        spans = received(collector)
    for task_id in ids:
        published, run = _spans_of(task_id, spans)
        (request,) = [span for _, span in spans if span.span_id == published.parent_span_id]
        assert (request.name, request.kind) == ("POST /api/v1/tasks", Span.SPAN_KIND_SERVER)
        assert (published.name, run.name) == ("publish load.synthetic", "run load.synthetic")
        assert run.parent_span_id == published.span_id
        assert {s.trace_id for s in (request, published, run)} == {request.trace_id}
        assert attributes(run)["autoserve.task.outcome"] == "succeeded"
        assert run.end_time_unix_nano - run.start_time_unix_nano >= 0.3e9
        assert tasks.read(task_id)["traceparent"].split("-")[1] == request.trace_id.hex()
    assert len({run.trace_id for _, run in spans if run.name == "run load.synthetic"}) == 2


def test_a_run_that_fails_is_an_error_in_its_trace() -> None:
    with fake_service() as collector:
        collector.answers["/v1/traces"] = (200, "")
        traces = Traces.of("worker", collector.url)
        with traces.running(TASK, 3, PARENT) as tell:
            tell(Outcome(type="model.train", outcome="failed", seconds=1.0))
        traces.end()
        ((service, span),) = received(collector)
    assert (service, span.status.code) == ("worker", Status.STATUS_CODE_ERROR)
    assert f"00-{span.trace_id.hex()}-{span.parent_span_id.hex()}-01" == PARENT
    assert attributes(span)["autoserve.task.fencing_token"] == 3


def test_a_publication_that_fails_is_no_parent_of_the_next() -> None:
    with fake_service() as collector:
        collector.answers["/v1/traces"] = (200, "")
        traces = Traces.of("relay", collector.url)
        with pytest.raises(ConnectionError), traces.publishing(_publication(None)):
            raise ConnectionError("the broker is away")
        with traces.publishing(_publication(None)) as sent:
            assert sent is not None
        traces.end()
        first, second = (span for _, span in received(collector))
    assert first.status.code == Status.STATUS_CODE_ERROR
    assert first.trace_id != second.trace_id


def test_without_a_collector_a_trace_is_handed_on_and_no_exporter_is_loaded() -> None:
    with Traces.of("relay", None).publishing(_publication(PARENT)) as sent:
        assert sent == PARENT
    with Traces.of("relay", None).publishing(_publication(None)) as sent:
        assert sent is None
    program = (
        "import sys, app.main, worker.main, worker.relay\n"
        "from worker.tracing import Traces\n"
        "Traces.of('relay', None)\n"
        "costly = ('opentelemetry.exporter', 'opentelemetry.instrumentation', 'requests',"
        " 'opentelemetry.sdk.trace')\n"
        "print([name for name in sys.modules if name.startswith(costly)])\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout == "[]\n"


def _publication(parent: str | None) -> Publication:
    return Publication(
        task_id=TASK, token=1, type="load.synthetic", traceparent=parent, waited_s=0.0
    )


def _api(
    start_service: Callable[..., Any], owner_id: UUID, environment: dict[str, str]
) -> tuple[Any, Callable[..., UUID]]:
    """An API process, and a function that submits to it."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    port = free_port()
    api = start_service(
        "app.main",
        **{contract.JWT_PRIVATE_KEY: pem, contract.HTTP_PORT: str(port), **environment},
    )
    caller = Principal(id=owner_id, role=Role.OPERATOR)
    token = AccessTokens.from_pem(pem, ttl_s=300).issue(caller, now=datetime.now(UTC))

    def submit(**parameters: Any) -> UUID:
        answer = httpx.post(
            f"http://{HOST}:{port}{contract.API_VERSION_PREFIX}/tasks",
            json={"type": "load.synthetic", "parameters": parameters},
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
            trust_env=False,
        )
        assert answer.status_code == 202, answer.text
        return UUID(answer.json()["id"])

    return api, submit


def _spans_of(task_id: UUID, spans: list[tuple[str, Span]]) -> tuple[Span, Span]:
    """The publication and the run of a task, each from its service."""
    of_task = {
        service: span
        for service, span in spans
        if attributes(span).get("autoserve.task.id") == str(task_id)
    }
    assert set(of_task) == {"relay", "worker"}
    return of_task["relay"], of_task["worker"]


def _index_of(resource: Any, key: str) -> int:
    return [pair.key for pair in resource.resource.attributes].index(key)
