"""What the API server answers, as an error that says what to do."""

import json
import socket
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from scaler.adapters.kubernetes.api import (
    Api,
    ApiError,
    Conflict,
    NoClusterError,
    NotFound,
    Refused,
    Unfit,
    connect,
    path_of,
)
from scaler.records import Unavailable
from tests.scaler.adapters.kubernetes.fake_api import HPAS, FakeApi, fake_api, hpa


def test_objects_come_back_as_they_are(fake: FakeApi, api: Api) -> None:
    fake.put(hpa() | {"spec": {"minReplicas": 2, "aFieldOfTomorrow": {"x": 1}}})
    assert api.get(f"{HPAS}/web")["spec"]["aFieldOfTomorrow"] == {"x": 1}
    assert [each["metadata"]["name"] for each in api.list(HPAS)] == ["web"]


def test_a_patch_says_by_whom_and_is_one_of_merging(fake: FakeApi, api: Api) -> None:
    fake.put(hpa())
    assert api.patch(f"{HPAS}/web", {"spec": {"minReplicas": 5}})["spec"]["maxReplicas"] == 10


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        pytest.param(404, {"message": "gone"}, NotFound, id="404"),
        pytest.param(409, {"message": "modified"}, Conflict, id="409"),
        pytest.param(403, {"message": "may not"}, Refused, id="403"),
        pytest.param(422, {"message": "invalid"}, Unfit, id="422"),
        pytest.param(401, {"message": "who"}, Unavailable, id="401"),
        pytest.param(429, {"message": "later"}, Unavailable, id="429"),
        pytest.param(500, {"message": "a webhook failed"}, ApiError, id="500"),
        pytest.param(500, b"<html>", Unavailable, id="500-no-json"),
        pytest.param(503, {"message": "starting"}, Unavailable, id="503"),
        pytest.param(200, b"", Unavailable, id="nothing"),
        pytest.param(200, [], Unavailable, id="no-object"),
    ],
)
def test_what_is_no_answer_says_what_to_do(
    fake: FakeApi, api: Api, status: int, body: object, kind: type[Unavailable]
) -> None:
    fake.fault = lambda _method, _path: (status, body)
    with pytest.raises(Unavailable) as caught:
        api.get(f"{HPAS}/web")
    assert type(caught.value) is kind
    assert caught.value.dependency == "kubernetes"
    assert f"GET {HPAS}/web" in caught.value.detail


def test_a_list_without_items_is_no_answer(fake: FakeApi, api: Api) -> None:
    fake.fault = lambda _method, _path: (200, {"kind": "List"})
    with pytest.raises(Unavailable, match="no list"):
        api.list(HPAS)


def test_a_server_that_is_slow_or_gone_is_unavailable() -> None:
    with fake_api(timeout_s=0.2) as (fake, api):
        done = threading.Event()

        def hang(_method: str, _path: str) -> None:
            done.wait(5)

        fake.fault = hang
        with pytest.raises(Unavailable, match=r"[Tt]imed? ?out"):
            api.get(f"{HPAS}/web")
        done.set()
    with pytest.raises(Unavailable, match="refused"):
        api.get(f"{HPAS}/web")


def test_a_connection_that_does_not_come_about_takes_the_time_limit_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as stack:
        for _ in range(4):  # nobody accepts: one waits, and the next ones are not answered
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        server = f"http://127.0.0.1:{full.getsockname()[1]}"
        kubeconfig = tmp_path / "config"
        kubeconfig.write_text(
            json.dumps(
                {
                    "clusters": [{"name": "c", "cluster": {"server": server}}],
                    "users": [{"name": "u", "user": {}}],
                    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                    "current-context": "x",
                }
            )
        )
        with closing(
            connect(kubeconfig=str(kubeconfig), context="", namespace="n", timeout_s=1.0)
        ) as api:
            began = time.monotonic()
            with pytest.raises(Unavailable, match=r"[Tt]imed? ?out"):
                api.get(f"{HPAS}/web")
            assert 0.9 < time.monotonic() - began < 1.9


def test_names_cannot_leave_their_place_in_a_path() -> None:
    assert path_of("v1", "pods", "a/b", "../c") == "/api/v1/namespaces/a%2Fb/pods/..%2Fc"
    path = path_of("apps/v1", "deployments", "n", "d", subresource="scale")
    assert path == "/apis/apps/v1/namespaces/n/deployments/d/scale"


def test_no_cluster_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoClusterError, match="not in a pod"):
        connect(kubeconfig="", context="", namespace="n", timeout_s=1)
    missing = tmp_path / "missing"
    with pytest.raises(NoClusterError, match=str(missing)):
        connect(kubeconfig=str(missing), context="", namespace="n", timeout_s=1)
    bad = tmp_path / "bad"
    bad.write_text("contexts: 3")
    with pytest.raises(NoClusterError, match=str(bad)):
        connect(kubeconfig=str(bad), context="", namespace="n", timeout_s=1)
