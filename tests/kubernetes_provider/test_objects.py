"""Objects are made, changed, waited for and removed, on an API server in memory."""

import copy
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.client import ApiError, Client
from tests.kubernetes_provider.connection import UnreachableError, connect
from tests.kubernetes_provider.fake_api_server import FakeApiServer
from tests.kubernetes_provider.manifest import Manifest
from tests.kubernetes_provider.objects import ExistsError, GoneError, NotReadyError, Objects

CONFIG: Manifest = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "settings", "namespace": "shop"},
    "data": {"colour": "blue"},
}
DEPLOYMENT: Manifest = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"replicas": 2},
}
WEB = ("Deployment", "shop", "web")


@pytest.fixture
def client(server: FakeApiServer) -> Iterator[Client]:
    made = connect(server.kubeconfig, "fake")
    yield made
    made.close()


@pytest.fixture
def objects(client: Client) -> Objects:
    return Objects(client, cancelled=threading.Event())


def never_ready(live: Manifest) -> None:
    live["status"] = {"observedGeneration": 0}


def with_timeout(manifest: Manifest, seconds: str) -> Manifest:
    annotated = copy.deepcopy(manifest)
    annotated["metadata"]["annotations"] = {"pulumi.com/timeoutSeconds": seconds}
    return annotated


def test_an_object_that_is_there_is_not_taken_over(objects: Objects, server: FakeApiServer) -> None:
    objects.create(CONFIG)
    with pytest.raises(ExistsError, match=r"v1/ConfigMap shop/settings already exists"):
        objects.create({**CONFIG, "data": {"colour": "red"}})
    assert server.objects["ConfigMap", "shop", "settings"]["data"] == {"colour": "blue"}


def test_an_object_that_is_there_is_taken_over_where_that_was_asked_for(
    objects: Objects, client: Client
) -> None:
    objects.create(CONFIG)
    upserting = Objects(client, cancelled=threading.Event(), upsert=True)
    assert upserting.create({**CONFIG, "data": {"colour": "red"}})["data"] == {"colour": "red"}


def test_a_field_that_is_not_wanted_any_more_goes_and_a_strangers_stays(
    objects: Objects, server: FakeApiServer
) -> None:
    objects.create({**CONFIG, "data": {"colour": "blue", "size": "s"}})
    server.objects["ConfigMap", "shop", "settings"]["data"]["stranger"] = "x"
    assert objects.update(CONFIG)["data"] == {"colour": "blue", "stranger": "x"}


def test_an_object_whose_namespace_is_about_to_come_waits_for_it(
    objects: Objects, server: FakeApiServer
) -> None:
    early = {**CONFIG, "metadata": {"name": "settings", "namespace": "later"}}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "later"}}
    timer = threading.Timer(0.2, server.apply, [namespace], {"dry_run": False})
    timer.start()
    assert objects.create(early)["data"] == CONFIG["data"]
    timer.join()


def test_a_preview_changes_nothing_and_passes_what_nobody_can_know_before(
    objects: Objects, server: FakeApiServer
) -> None:
    foreseen = objects.preview_create(CONFIG)
    assert foreseen is not None
    assert foreseen["metadata"]["uid"]
    assert server.names("ConfigMap") == []
    assert objects.preview_create({**CONFIG, "metadata": {"name": "a", "namespace": "b"}}) is None
    assert objects.preview_create({**CONFIG, "apiVersion": "keda.sh/v1", "kind": "Any"}) is None
    objects.create(CONFIG)
    assert objects.preview_create(CONFIG) is None
    changed = objects.preview_update({**CONFIG, "data": {"colour": "red"}})
    assert changed is not None
    assert changed["data"] == {"colour": "red"}
    assert server.objects["ConfigMap", "shop", "settings"]["data"] == {"colour": "blue"}


def test_what_does_not_become_ready_is_kept_and_says_why(
    objects: Objects, server: FakeApiServer
) -> None:
    server.settle = never_ready
    started = time.monotonic()
    with pytest.raises(NotReadyError, match=r"apps/v1/Deployment shop/web failed .* not seen"):
        objects.create(with_timeout(DEPLOYMENT, "1"))
    assert 1.0 <= time.monotonic() - started < 5.0
    assert server.names("Deployment") == ["web"]
    with pytest.raises(NotReadyError):
        objects.read(DEPLOYMENT)
    assert not objects.is_ready(DEPLOYMENT)


def test_cancelling_ends_a_wait(client: Client, server: FakeApiServer) -> None:
    server.settle = never_ready
    cancelled = threading.Event()
    timer = threading.Timer(0.3, cancelled.set)
    timer.start()
    with pytest.raises(NotReadyError, match="cancelled while"):
        Objects(client, cancelled=cancelled).create(DEPLOYMENT)
    timer.join()


def managed(server: FakeApiServer, manager: str) -> None:
    fields: Manifest = {"f:spec": {"f:replicas": {}}}
    entry = {"manager": manager, "fieldsV1": fields}
    server.objects[WEB]["metadata"]["managedFields"] = [entry]


@pytest.mark.parametrize(
    ("manager", "applied"),
    [
        pytest.param("kube-controller-manager", {}, id="anothers-is-left-out"),
        pytest.param("pulumi-kubernetes", {"replicas": 7}, id="ours-is-kept-as-it-stands"),
    ],
)
def test_an_ignored_field_is_left_as_it_is(
    objects: Objects, server: FakeApiServer, manager: str, applied: Any
) -> None:
    objects.create(DEPLOYMENT)
    server.objects[WEB]["spec"]["replicas"] = 7
    managed(server, manager)
    objects.update(DEPLOYMENT, ignored=["spec.replicas"])
    assert server.applied[WEB]["spec"] == applied


def test_what_is_gone_is_seen_and_its_removal_is_done(
    objects: Objects, server: FakeApiServer
) -> None:
    objects.create(CONFIG)
    objects.delete(CONFIG)
    assert server.names("ConfigMap") == []
    objects.delete(CONFIG)
    assert objects.read(CONFIG) is None
    with pytest.raises(GoneError, match="is gone"):
        objects.update(CONFIG)
    unknown = {**CONFIG, "apiVersion": "keda.sh/v1", "kind": "Any"}
    assert objects.read(unknown) is None
    objects.delete(unknown)


def test_an_object_that_stays_says_who_holds_it(objects: Objects, server: FakeApiServer) -> None:
    objects.create(CONFIG)
    server.objects["ConfigMap", "shop", "settings"]["metadata"]["finalizers"] = ["a/hold"]
    with pytest.raises(NotReadyError, match=r"still there \(finalizers: a/hold\)"):
        objects.delete(CONFIG, custom_timeout_s=0.3)


def test_a_refusal_of_the_api_server_comes_through(objects: Objects, server: FakeApiServer) -> None:
    def refuse(*_: Any, **__: Any) -> tuple[int, Manifest]:
        return 422, {"reason": "Invalid", "message": "spec.replicas: must not be negative"}

    server.apply = refuse  # type: ignore[method-assign] # the fake's own way to say no
    with pytest.raises(ApiError, match="must not be negative"):
        objects.create(DEPLOYMENT)


def test_a_kubeconfig_that_leads_nowhere_says_so(server: FakeApiServer) -> None:
    with pytest.raises(UnreachableError, match=r"there is no file '/nowhere'"):
        connect("/nowhere", "fake")
    with pytest.raises(UnreachableError, match=r"context 'other'"):
        connect(server.kubeconfig, "other")
    nobody = server.kubeconfig.replace(server.url, "https://127.0.0.1:1")
    with pytest.raises(UnreachableError, match=r"https://127\.0\.0\.1:1 is unreachable"):
        connect(nobody, "fake")
