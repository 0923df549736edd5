"""Which containers were out of memory, as their pods' status tells."""

from typing import Any

import pytest

from scaler.adapters.kubernetes.api import Api
from scaler.adapters.kubernetes.memory_ends import PodMemoryEnds
from scaler.records import Container, Unavailable
from tests.scaler.adapters.kubernetes.fake_api import FakeApi

API = Container(workload="api", name="api")
AT = "2026-11-01T12:00:00Z"


def pod(name: str, *statuses: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "status": {"containerStatuses": list(statuses)} if statuses else {},
    }


def ended(reason: str, at: str | None = AT) -> dict[str, Any]:
    return {"terminated": {"reason": reason, "exitCode": 137, "finishedAt": at}}


def found(fake: FakeApi, api: Api, manifest: dict[str, Any]) -> dict[tuple[Container, str], float]:
    fake.put(manifest)
    return {(u.container, u.instance): u.value for u in PodMemoryEnds(api).last_ends()}


@pytest.mark.parametrize(
    ("status", "value"),
    [
        pytest.param(
            {"state": {"running": {}}, "lastState": ended("OOMKilled")},
            1_793_534_400.0,
            id="before",
        ),
        pytest.param({"state": ended("OOMKilled"), "lastState": {}}, 1_793_534_400.0, id="now"),
        pytest.param({"state": {"running": {}}, "lastState": ended("Error")}, 0.0, id="other"),
        pytest.param({"state": {"running": {}}}, 0.0, id="never"),
        pytest.param({"state": ended("OOMKilled", None)}, 0.0, id="nobody-knows-when"),
    ],
)
def test_the_last_end_for_want_of_memory_counts(
    fake: FakeApi, api: Api, status: dict[str, Any], value: float
) -> None:
    assert found(fake, api, pod("api-1", {"name": "api", **status})) == {(API, "api-1"): value}


def test_a_pod_that_has_not_begun_says_nothing(fake: FakeApi, api: Api) -> None:
    assert found(fake, api, pod("api-1")) == {}


def test_a_server_that_is_away_is_unavailable(fake: FakeApi, api: Api) -> None:
    fake.fault = lambda _method, _path: (503, {"message": "starting"})
    with pytest.raises(Unavailable, match="starting"):
        PodMemoryEnds(api).last_ends()
