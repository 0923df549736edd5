import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from scaler.adapters.prometheus import MAX_POINTS, Prometheus
from scaler.adapters.prometheus_api import MAX_ANSWER_BYTES
from scaler.records import (
    Container,
    SignalQueries,
    Signals,
    Unasked,
    Unavailable,
    Unusable,
    Usage,
)
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
        pytest.param(lambda: vector("3.5"), 3.5, id="a-number"),
        pytest.param(vector, None, id="empty"),
        pytest.param(lambda: vector("0"), 0.0, id="zero"),
    ],
)
def test_a_load_is_a_number_or_nothing(
    fake_prometheus: FakePrometheus,
    prometheus: Prometheus,
    answer: Callable[[], object],
    load: float | None,
) -> None:
    fake_prometheus.answer = lambda _path, _parameters: (200, answer())
    assert prometheus.load(WORKLOAD) == load


def scalar(at: float) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "scalar", "result": [at, "2"]}}


def test_a_scalar_is_a_load_too(fake_prometheus: FakePrometheus, prometheus: Prometheus) -> None:
    fake_prometheus.answer = lambda _path, _parameters: (200, scalar(time.time()))
    assert prometheus.load(WORKLOAD) == 2.0


@pytest.mark.parametrize(
    ("answer", "reason", "said"),
    [
        pytest.param(lambda: vector("NaN"), "no_number", "load gives nan", id="not-a-number"),
        pytest.param(lambda: vector("+Inf"), "no_number", "load gives inf", id="infinite"),
        pytest.param(lambda: vector("1e300"), "no_number", "load gives 1e.300", id="immense"),
        pytest.param(lambda: vector("-1"), "no_number", "load gives -1", id="negative"),
        pytest.param(matrix, "no_number", "no number, but a matrix", id="matrix"),
        pytest.param(lambda: vector("1", "2"), "several_series", "several series", id="two-series"),
        pytest.param(
            lambda: vector("1") | {"warnings": ["store b did not answer"]},
            "partial",
            "only a part of load is known .store b did not answer",
            id="partial",
        ),
        pytest.param(lambda: scalar(time.time() - 700), "stale", "is 7.. s old", id="stale"),
        pytest.param(lambda: scalar(time.time() + 9e3), "stale", "ahead of our clock", id="ahead"),
    ],
)
def test_an_answer_that_cannot_be_trusted_is_no_load_and_says_why(
    fake_prometheus: FakePrometheus,
    prometheus: Prometheus,
    answer: Callable[[], object],
    reason: str,
    said: str,
) -> None:
    fake_prometheus.answer = lambda _path, _parameters: (200, answer())
    with pytest.raises(Unusable, match=said) as raised:
        prometheus.load(WORKLOAD)
    assert raised.value.reason == reason


def test_a_note_about_a_query_is_no_warning(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    answer = vector("3") | {"infos": ["metric might not be a counter"]}
    fake_prometheus.answer = lambda _path, _parameters: (200, answer)
    assert prometheus.load(WORKLOAD) == 3.0


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
        pytest.param(200, {"status": "success", "data": {}}, "without a result", id="no-result"),
        pytest.param(
            200,
            {"status": "success", "data": {"resultType": "vector", "result": [{"value": "x"}]}},
            "cannot be read",
            id="no-value",
        ),
    ],
)
def test_an_answer_that_is_no_answer_is_unavailable(
    fake_prometheus: FakePrometheus, prometheus: Prometheus, status: int, content: object, said: str
) -> None:
    fake_prometheus.answer = lambda _path, _parameters: (status, content)
    with pytest.raises(Unavailable, match=said):
        prometheus.load(WORKLOAD)


def failing(times: int, status: int, then: object) -> Answer:
    """Answers with a status so many times, and then as it should."""
    left = [times]

    def answer(_path: str, _parameters: dict[str, str]) -> tuple[int, object]:
        left[0] -= 1
        return (200, then) if left[0] < 0 else (status, b"later")

    return answer


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_may_pass_is_tried_again(
    fake_prometheus: FakePrometheus, prometheus: Prometheus, status: int
) -> None:
    fake_prometheus.answer = failing(2, status, vector("3"))
    assert prometheus.load(WORKLOAD) == 3.0
    assert len(fake_prometheus.asked) == 3


def test_what_does_not_pass_is_given_up_after_three_attempts(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    fake_prometheus.answer = failing(9, 503, vector("3"))
    with pytest.raises(Unavailable, match="HTTP 503"):
        prometheus.load(WORKLOAD)
    assert len(fake_prometheus.asked) == 3


def test_a_refused_query_is_not_tried_again(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    refused = {"status": "error", "errorType": "bad_data", "error": "parse error"}
    fake_prometheus.answer = lambda _path, _parameters: (400, refused)
    with pytest.raises(Unusable, match="parse error"):
        prometheus.load(WORKLOAD)
    assert len(fake_prometheus.asked) == 1


@pytest.mark.parametrize(("kind", "attempts"), [("timeout", 1), ("canceled", 1), ("internal", 3)])
def test_a_query_that_fails_says_nothing_of_the_server(
    fake_prometheus: FakePrometheus, prometheus: Prometheus, kind: str, attempts: int
) -> None:
    failed = {"status": "error", "errorType": kind, "error": "no answer"}
    fake_prometheus.answer = lambda _path, _parameters: (503, failed)
    with pytest.raises(Unusable, match=f"{kind}: no answer") as raised:
        prometheus.load(WORKLOAD)
    assert (raised.value.reason, raised.value.may_pass) == (kind, True)
    assert len(fake_prometheus.asked) == attempts


def test_a_server_that_is_not_ready_is_unavailable(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    starting = {"status": "error", "errorType": "unavailable", "error": "TSDB not ready"}
    fake_prometheus.answer = lambda _path, _parameters: (503, starting)
    with pytest.raises(Unavailable, match="TSDB not ready") as raised:
        prometheus.load(WORKLOAD)
    assert type(raised.value) is Unavailable


def test_a_signal_that_takes_too_long_leaves_the_others_and_is_said(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    late = (503, {"status": "error", "errorType": "timeout", "error": "query timed out"})
    fake_prometheus.answer = answering(busy=vector("0.5"), p95=late, wait=vector("3"), release=late)
    signals = prometheus.signals(LEARNING)
    assert (signals.utilisation, signals.latency_s, signals.queue_wait_s) == (0.5, None, 3.0)
    assert signals.problems == ("timeout: query timed out",) * 2


def test_a_slow_answer_is_not_waited_for(fake_prometheus: FakePrometheus) -> None:
    def slow(_path: str, _parameters: dict[str, str]) -> tuple[int, object]:
        time.sleep(1.0)
        return 200, vector("3")

    fake_prometheus.answer = slow
    adapter = Prometheus(fake_prometheus.url, timeout_s=0.2)
    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"no answer within 0\.2 s"):
        adapter.load(WORKLOAD)
    assert time.monotonic() - began < 0.9
    adapter.close()


def test_the_questions_of_a_tick_together_take_no_longer_than_their_budget(
    fake_prometheus: FakePrometheus,
) -> None:
    def slow(_path: str, _parameters: dict[str, str]) -> tuple[int, object]:
        time.sleep(0.15)
        return 200, vector("3")

    fake_prometheus.answer = slow
    adapter = Prometheus(fake_prometheus.url, timeout_s=5.0, budget_s=0.4)
    adapter.begin()
    with suppress(Unavailable):
        while True:
            adapter.load(WORKLOAD)
    assert len(fake_prometheus.asked) <= 3
    with pytest.raises(Unasked, match=r"too slow: the 0\.4 s of this tick are used up"):
        adapter.load(WORKLOAD)
    adapter.begin()
    assert adapter.load(WORKLOAD) == 3.0
    adapter.close()


@pytest.mark.parametrize("is_told", [False, True])
def test_who_had_little_of_a_tick_left_to_answer_in_is_not_away(
    fake_prometheus: FakePrometheus, is_told: bool
) -> None:
    late = {"status": "error", "errorType": "timeout", "error": "query timed out"}
    pauses = iter((0.6, 0.0 if is_told else 0.6))

    def slow(_path: str, _parameters: dict[str, str]) -> tuple[int, object]:
        is_first = len(fake_prometheus.asked) == 1
        time.sleep(next(pauses))
        return (200, vector("3")) if is_first else (503, late)

    fake_prometheus.answer = slow
    adapter = Prometheus(fake_prometheus.url, timeout_s=5.0, budget_s=1.0)
    adapter.begin()
    assert adapter.load(WORKLOAD) == 3.0
    with pytest.raises(Unasked, match="this tick are used up"):
        adapter.load(WORKLOAD)
    adapter.close()


def test_who_had_the_whole_of_a_tick_to_answer_in_is_away(fake_prometheus: FakePrometheus) -> None:
    def slow(_path: str, _parameters: dict[str, str]) -> tuple[int, object]:
        time.sleep(0.5)
        return 200, vector("3")

    fake_prometheus.answer = slow
    adapter = Prometheus(fake_prometheus.url, timeout_s=5.0, budget_s=0.3)
    adapter.begin()
    with pytest.raises(Unavailable) as raised:
        adapter.load(WORKLOAD)
    assert type(raised.value) is Unavailable
    adapter.close()


def test_an_endless_answer_is_cut_off(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    fake_prometheus.answer = lambda _path, _parameters: (200, b" " * (MAX_ANSWER_BYTES + 1))
    with pytest.raises(Unusable, match="more than 16 MiB"):
        prometheus.load(WORKLOAD)


def test_prometheus_is_told_its_limits(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    fake_prometheus.answer = lambda _path, _parameters: (200, vector("3"))
    prometheus.load(WORKLOAD)
    ((_, asked),) = fake_prometheus.asked
    assert asked["limit"] == "2"
    assert asked["lookback_delta"] == "120000ms"
    # Less than the 2 s that are waited: there must be time to hear that it took too long.
    assert 0 < int(asked["timeout"].removesuffix("ms")) <= 1_800


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


@pytest.mark.parametrize(
    ("status", "error"),
    [
        pytest.param(
            422,
            {"errorType": "execution", "error": "query processing would load too many samples"},
            id="samples",
        ),
        pytest.param(503, {"errorType": "timeout", "error": "query timed out"}, id="time"),
    ],
)
def test_a_part_that_is_too_much_is_asked_for_in_smaller_ones(
    fake_prometheus: FakePrometheus, prometheus: Prometheus, status: int, error: dict[str, str]
) -> None:
    def answer(_path: str, parameters: dict[str, str]) -> tuple[int, object]:
        start, end = float(parameters["start"]), float(parameters["end"])
        if end - start > 1_300 * 60:
            return status, {"status": "error"} | error
        return 200, matrix([(start + 60 * k, "1") for k in range(int((end - start) / 60) + 1)])

    fake_prometheus.answer = answer
    values = prometheus.history(WORKLOAD, step_ms=60_000, first=1, last=6_000)
    assert values.tolist() == [1.0] * 6_000
    assert len(fake_prometheus.asked) == 6


def test_a_history_of_which_a_part_is_missing_is_none(
    fake_prometheus: FakePrometheus, prometheus: Prometheus
) -> None:
    partial = matrix([(60.0, "1")]) | {"warnings": ["store b did not answer"]}
    fake_prometheus.answer = lambda _path, _parameters: (200, partial)
    with pytest.raises(Unusable, match="only a part of load"):
        prometheus.history(WORKLOAD, step_ms=60_000, first=1, last=3)


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
        "several series instead of one from p95",
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
    fake_prometheus.answer = lambda _path, _parameters: (200, scalar(time.time()))
    with pytest.raises(Unavailable, match="no series, but a scalar from cpu"):
        prometheus.usages("cpu")
