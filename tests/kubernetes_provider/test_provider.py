"""The stand-in under the real engine, on an API server in memory.

The same is done with the whole platform on a real one: tests/cluster/test_engine.py.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stacks.operation import Outcome
from tests.kubernetes_provider import home
from tests.kubernetes_provider.fake_api_server import FakeApiServer
from tests.kubernetes_provider.manifest import Manifest
from tests.stacks.conftest import Project

UP = ("--yes", "--skip-preview")
WEB = ("Deployment", "shop", "web")
PROGRAM = """\
import json
import pulumi, pulumi_kubernetes as k8s, pulumi_random

settings = json.loads(open({settings!r}).read())
cluster = k8s.Provider("cluster", kubeconfig=settings["kubeconfig"], context="fake")
options = pulumi.ResourceOptions(provider=cluster)
place = {{"namespace": "shop"}}
password = pulumi_random.RandomPassword("password", length=24)
config = k8s.core.v1.ConfigMap(
    "config", metadata=place, data={{"colour": settings["colour"]}}, opts=options)
secret = k8s.core.v1.Secret(
    "secret", metadata=place, string_data={{"password": password.result}}, opts=options)
container = {{"name": "web", "image": "web:1", "envFrom": [
    {{"configMapRef": {{"name": config.metadata.name}}}},
    {{"secretRef": {{"name": secret.metadata.name}}}}]}}
k8s.apps.v1.Deployment(
    settings["logical_name"],
    metadata={{"name": "web", "namespace": "shop",
              "annotations": {{"pulumi.com/timeoutSeconds": "2"}}}},
    spec={{"selector": {{"matchLabels": {{"app": "web"}}}},
          "template": {{"metadata": {{"labels": {{"app": "web"}}}},
                        "spec": {{"containers": [container]}}}}}},
    opts=pulumi.ResourceOptions(
        provider=cluster, aliases=[pulumi.Alias(name="web")], ignore_changes=["spec.replicas"]))
"""
SETTINGS = {"colour": "blue", "logical_name": "web"}


class Shop:
    """A stack of one Deployment with its ConfigMap and Secret."""

    def __init__(self, project: Project, server: FakeApiServer, settings: Path) -> None:
        self.project, self.server, self._settings = project, server, settings

    def operate(self, verb: str, *arguments: str, **settings: str) -> Outcome:
        given = {**SETTINGS, "kubeconfig": self.server.kubeconfig, **settings}
        self._settings.write_text(json.dumps(given))
        return self.project.operate(verb, *arguments)

    def changes(self, verb: str, *arguments: str, **settings: str) -> set[tuple[str, str]]:
        """The resources that an operation changed, and how; it has to succeed."""
        done = self.operate(verb, *arguments, **settings)
        assert done.succeeded, done.errors
        return {(each.resource, each.operation) for each in done.differences}


@pytest.fixture
def shop(
    project: Callable[[str], Project],
    server: FakeApiServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Shop:
    settings = tmp_path / "settings.json"
    home.install(tmp_path / "home")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    made = project(PROGRAM.format(settings=str(settings)))
    return Shop(made, server, settings)


def test_a_change_rolls_what_uses_it_and_nothing_is_left_in_the_end(shop: Shop) -> None:
    shop.changes("up", *UP)
    (config,), (secret,) = shop.server.names("ConfigMap"), shop.server.names("Secret")
    assert config.startswith("config-")
    # Nothing but the logical name, which has an alias.
    assert shop.changes("up", *UP, logical_name="shop-web") == set()
    state = shop.project.state_file.read_text()
    data = shop.server.objects["Secret", "shop", secret]["data"]["password"]
    assert "blue" in state
    assert data not in state
    assert base64.b64decode(data).decode() not in state

    assert shop.changes("up", *UP, colour="red", logical_name="shop-web") == {
        ("config", "create-replacement"),
        ("config", "replace"),
        ("config", "delete-replaced"),
        ("shop-web", "update"),
    }
    (renamed,) = shop.server.names("ConfigMap")
    assert renamed != config
    assert shop.server.names("Secret") == [secret]
    used = shop.server.objects[WEB]["spec"]["template"]["spec"]["containers"][0]["envFrom"]
    assert used[0] == {"configMapRef": {"name": renamed}}

    shop.changes("destroy", *UP)
    assert [kind for kind, _, _ in shop.server.objects] == ["Namespace"]


def test_a_failure_in_the_middle_is_healed_by_the_next_run(shop: Shop) -> None:
    def never_ready(live: Manifest) -> None:
        live["status"] = {"observedGeneration": 0}

    settles, shop.server.settle = shop.server.settle, never_ready
    failed = shop.operate("up", *UP)
    assert not failed.succeeded
    reason = "apps/v1/Deployment shop/web failed to become ready: the controller has not seen it"
    assert any(error.startswith("web: ") and reason in error for error in failed.errors)
    assert not any("Traceback" in error for error in failed.errors)
    assert shop.server.names("Deployment") == ["web"]
    before = shop.server.objects[WEB]["metadata"]["uid"]
    shop.server.settle = settles
    assert shop.changes("up", *UP) == {("web", "update")}
    assert shop.server.objects[WEB]["metadata"]["uid"] == before
    assert len(shop.server.objects) == 4


def test_a_change_by_hand_is_seen_by_a_refresh_and_taken_back(shop: Shop) -> None:
    shop.changes("up", *UP)
    shop.server.objects[WEB]["spec"]["template"]["spec"]["containers"][0]["image"] = "web:9"
    del shop.server.objects["ConfigMap", "shop", shop.server.names("ConfigMap")[0]]
    drift = shop.operate("refresh", "--yes")
    assert drift.succeeded, drift.errors
    assert shop.changes("up", *UP) == {("config", "create"), ("web", "update")}
    container = shop.server.objects[WEB]["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "web:1"
    assert len(shop.server.names("ConfigMap")) == 1
