from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from scaler.adapters.prometheus import MAX_POINTS, Prometheus
from scaler.ports import Container, SignalQueries, Signals, Unavailable, Usage
from tests.scaler.conftest import Answer, FakePrometheus, matrix, vector
from tests.scaler.fakes import WORKLOAD


@pytest.fixture
def prometheus(fake_prometheus: FakePrometheus):  # type: ignore[no-untyped-def]
    adapter = Prometheus(fake_prometheus.url, timeout_s=2.0)
    yield adapter
    adapter.close()


@pytest.mark.parametrize(
    ("answer", "load"),
    [
        pytest.param(vector("3.5"), 3.5, id="a-number"),
        pytest.param(vector(), None, id="empty"),
        pytest.param(vector("NaN"), None, id="not-a-number"),
        pytest.param(vector("+Inf"), None, id="infinite"),
        pytest.param(vector("-1"), None, id="negative"),
        pytest.param(
            {"status": "success", "data": {"resultType": "scalar", "result": [0, "2"]}},
            2.0,
            id="scalar",
        ),
    ],
)
def test_a_load_is_a_number_or_nothing(
    fake_prometheus: FakePrometheus, prometheus: Prometheus, answer: object, load: float | None
) -> None:
    fake_prometheus.answer = lambda _path, _parameters: (200, answer)
    assert prometheus.load(WORKLOAD) == load


def test_no_ready_series_means_no_ready_replica(prometheus: Prometheus) -> None:
    assert prometheus.ready(WORKLOAD) == 0


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [
        pytest.param(
            422,
            {"status": "error", "errorType": "bad_data", "error": "parse error"},
            "bad_data: parse error",
            id="refused-query",
        ),
        pytest.param(502, b"<html>", "HTTP 502 without the JSON", id="a-proxy-in-between"),
        pytest.param(200, [1], "HTTP 200 without the JSON", id="other-json"),
        pytest.param(200, vector("1", "2"), "2 series instead of one from load", id="two-series"),
    ],
)
def test_an_answer_that_is_no_answer_is_unavailable(
    fake_prometheus: FakePrometheus, prometheus: Prometheus, status: int, content: object, said: str
) -> None:
    fake_prometheus.answer = lambda _path, _parameters: (status, content)
    with pytest.raises(Unavailable, match=said):
        prometheus.load(WORKLOAD)


def test_nobody_there_is_unavailable() -> None:
    adapter = Prometheus("http://127.0.0.1:9", timeout_s=0.5)
    with pytest.raises(Unavailable):
        adapter.load(WORKLOAD)
    adapter.close()


def test_a_history_has_its_gaps_where_prometheus_has_none(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    row = [(600.0, "1"), (660.0, "NaN"), (780.0, "4")]
    fake_prometheus.answer = lambda _path, _parameters: (200, matrix(row))
    values = prometheus.history(WORKLOAD, step_ms=60_000, first=10, last=14)
    assert np.array_equal(values, [1, np.nan, np.nan, 4, np.nan], equal_nan=True)


def test_a_long_history_is_asked_for_in_parts(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    fake_prometheus.answer = lambda _path, _parameters: (200, matrix())
    values = prometheus.history(WORKLOAD, step_ms=3_000, first=1, last=MAX_POINTS + 5)
    assert len(values) == MAX_POINTS + 5
    asked = [parameters for _, parameters in fake_prometheus.asked]
    assert [a["start"] for a in asked] == ["3.000", f"{(MAX_POINTS + 1) * 3}.000"]
    assert {a["step"] for a in asked} == {"3000ms"}


LEARNING = replace(
    WORKLOAD,
    signals=SignalQueries(utilisation="busy", latency="p95", queue_wait="wait", release="release"),
)


def answering(**vectors: Any) -> Answer:
    def answer(_path: str, parameters: dict[str, str]) -> tuple[int, Any]:
        found = vectors[parameters["query"]]
        return found if isinstance(found, tuple) else (200, found)

    return answer


def releases(*names: str) -> dict[str, Any]:
    rows = [{"metric": {"release": name} if name else {}, "value": [0, "2"]} for name in names]
    return {"status": "success", "data": {"resultType": "vector", "result": rows}}


def test_signals_are_what_their_queries_say(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    fake_prometheus.answer = answering(
        busy=vector("0.5"), p95=vector("NaN"), wait=vector(), release=releases("a1")
    )
    assert prometheus.signals(LEARNING) == Signals(utilisation=0.5, release="release=a1")


def test_no_query_is_sent_for_a_signal_that_a_workload_has_not(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    assert prometheus.signals(WORKLOAD) == Signals()
    assert fake_prometheus.asked == []


@pytest.mark.parametrize(
    ("found", "release", "is_mixed"),
    [
        pytest.param(releases("a1", "b2"), None, True, id="two-of-them"),
        pytest.param(releases(""), None, False, id="without-a-label"),
        pytest.param(releases(), None, False, id="none"),
    ],
)
def test_a_release_is_known_where_one_alone_runs(
    fake_prometheus: FakePrometheus,
    prometheus: Prometheus,
    found: Any,
    release: str | None,
    is_mixed: bool,
) -> None:
    given = answering(busy=vector("0.5"), p95=vector(), wait=vector(), release=found)
    fake_prometheus.answer = given
    signals = prometheus.signals(LEARNING)
    assert (signals.release, signals.is_mixed) == (release, is_mixed)


def test_a_refused_signal_leaves_the_others_and_is_said(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    refused = (400, {"status": "error", "errorType": "bad_data", "error": "parse error"})
    fake_prometheus.answer = answering(
        busy=refused, p95=vector("1", "2"), wait=vector("3"), release=refused
    )
    signals = prometheus.signals(LEARNING)
    assert (signals.utilisation, signals.latency_s, signals.queue_wait_s) == (None, None, 3.0)
    assert signals.problems == (
        "bad_data: parse error",
        "bad_data: parse error",
        "2 series instead of one from p95",
    )


def test_signals_are_unavailable_where_nobody_is() -> None:
    adapter = Prometheus("http://127.0.0.1:9", timeout_s=0.5)
    with pytest.raises(Unavailable):
        adapter.signals(LEARNING)
    adapter.close()


def test_usages_are_those_of_containers_that_name_their_workload(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    rows = [
        ({"service": "api", "replica": "1"}, "0.5"),
        ({"workload": "worker", "container": "pool", "pod": "worker-a", "replica": "0"}, "2"),
        ({"workload": "web", "process": "web-0", "replica": "0"}, "1"),
        ({"replica": "1"}, "3"),
        ({"service": "api", "replica": "2"}, "NaN"),
        ({"service": "api", "replica": "3"}, "-1"),
    ]
    result = [{"metric": labels, "value": [0, value]} for labels, value in rows]
    data = {"resultType": "vector", "result": result}
    fake_prometheus.answer = lambda _path, _parameters: (200, {"status": "success", "data": data})
    assert prometheus.usages("cpu") == [
        Usage(container=Container(workload="api", name="api"), instance="1", value=0.5),
        Usage(container=Container(workload="worker", name="pool"), instance="worker-a", value=2.0),
        Usage(container=Container(workload="web", name="web"), instance="web-0", value=1.0),
    ]


def test_a_usage_that_is_no_vector_is_refused(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    scalar = {"status": "success", "data": {"resultType": "scalar", "result": [0, "2"]}}
    fake_prometheus.answer = lambda _path, _parameters: (200, scalar)
    with pytest.raises(Unavailable, match="no series, but a scalar from cpu"):
        prometheus.usages("cpu")
