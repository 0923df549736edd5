from datetime import timedelta
from typing import Any

from structlog.testing import capture_logs

from scaler.adapters.kubernetes.vertical import LABEL, InPlace
from scaler.core.resources import Recommendation
from scaler.records import Container, Resized, Unavailable
from tests.scaler.adapters.kubernetes.fake_resizing import NOW, USED, FakeServer, found, pod

API, WEB = Container(workload="api", name="api"), Container(workload="web", name="api")
GREAT = found(cpu=(1_000, 1_500, 3_000), mebi=(900, 1_024, 2_048))


def of(workload: str) -> dict[str, Any]:
    return pod(f"{workload}-1", labels={LABEL: workload})


def autoscaler(workload: str, *resources: str) -> dict[str, Any]:
    metrics = [{"type": "Resource", "resource": {"name": name}} for name in resources]
    metrics.append({"type": "External", "external": {"metric": {"name": "queue"}}})
    return {"spec": {"scaleTargetRef": {"name": workload}, "metrics": metrics}}


def step(
    in_place: InPlace, *containers: Container, great: Recommendation = GREAT, minutes: int = 0
) -> Resized | None:
    return in_place.step(
        dict.fromkeys(containers, great),
        used_memory={(each, f"{each.workload}-1"): USED for each in containers},
        now=NOW + timedelta(minutes=minutes),
    )


def test_one_pod_of_one_workload_is_resized_in_a_step_and_all_get_their_turn() -> None:
    server = FakeServer([of("api"), of("web")])
    in_place = InPlace(server, namespace="shop")
    first = step(in_place, API, WEB)
    assert first == Resized(
        workload="api",
        sentence="api-1: api cpu 200m to 1500m, api memory 128Mi to 1024Mi.",
    )
    second = step(in_place, API, WEB, minutes=1)
    assert second is not None
    assert second.workload == "web"
    assert step(in_place, API, WEB, minutes=2) is None
    assert [name for name, _ in server.patched] == ["api-1", "web-1"]


def test_what_an_autoscaler_decides_by_is_left_alone() -> None:
    server = FakeServer([of("api"), of("web")])
    server.autoscalers = [autoscaler("api", "cpu"), autoscaler("web", "cpu", "memory")]
    in_place = InPlace(server, namespace="shop")
    step(in_place, API, WEB)
    step(in_place, API, WEB, minutes=1)
    assert server.resources("api-1")["requests"] == {"cpu": "200m", "memory": "1024Mi"}
    assert server.resources("web-1")["requests"] == {"cpu": "200m", "memory": "128Mi"}


def test_a_cluster_that_cannot_resize_is_asked_once() -> None:
    server = FakeServer([of("api")], subresources=("pods",))
    in_place = InPlace(server, namespace="shop")
    assert step(in_place, API) is None
    server.subresources = ("pods", "pods/resize")
    assert step(in_place, API) is None
    assert server.patched == []


def test_a_failure_is_logged_when_it_is_news() -> None:
    server = FakeServer([of("api")])
    in_place = InPlace(server, namespace="shop")

    def refused(path: str, body: object) -> dict[str, Any]:
        raise Unavailable("kubernetes", "HTTP 403 pods/resize is not yours")

    works, server.patch = server.patch, refused  # type: ignore[method-assign]  # rights are away
    with capture_logs() as logs:
        for minute in range(3):
            assert step(in_place, API, minutes=minute) is None
    assert [(entry["event"], entry["workload"]) for entry in logs] == [("not resized", "api")]
    assert "pods/resize is not yours" in logs[0]["said"]
    server.patch = works  # type: ignore[method-assign]  # rights are back
    assert step(in_place, API, minutes=3) is not None


def test_without_an_api_server_nothing_happens_until_it_is_back() -> None:
    server = FakeServer([of("api")], away=True)
    in_place = InPlace(server, namespace="shop")
    assert step(in_place, API) is None
    server.away = False
    assert step(in_place, API) is not None
