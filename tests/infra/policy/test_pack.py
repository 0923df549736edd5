"""The policy pack under the real engine: what ``pulumi preview --policy-pack`` lets through."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.local.state import tree_root
from tests.infra.policy.spoiling import ABSENT, deployment, good, put, token
from tests.kubernetes_provider import home
from tests.kubernetes_provider.conftest import server
from tests.kubernetes_provider.fake_api_server import FakeApiServer
from tests.stacks.conftest import Project, project

__all__ = ["project", "server"]

PACK = tree_root() / "infra" / "policy" / "pack" / "autoserve-policies"
REPORT = re.compile(r"\[(mandatory|advisory)\]\s+(\S+)")
PROGRAM = """\
import json
import pulumi, pulumi_kubernetes as k8s

cluster = k8s.Provider("cluster", kubeconfig={kubeconfig!r}, context="fake")
options = pulumi.ResourceOptions(provider=cluster)
manifests = json.loads(open({manifests!r}).read())
settings = k8s.core.v1.ConfigMap(
    "api-settings", metadata={{"namespace": "shop"}}, data={{"level": "info"}}, opts=options)
for manifest in manifests:
    if manifest["kind"] == "Deployment":
        container = manifest["spec"]["template"]["spec"]["containers"][0]
        container["envFrom"] = [{{"configMapRef": {{"name": settings.metadata["name"]}}}}]
    pulumi.CustomResource(
        manifest["token"], manifest["metadata"]["name"],
        {{key: value for key, value in manifest.items() if key != "token"}}, options)
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the place of the official Kubernetes plugin."""
    home.install(tmp_path / "home")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(tree_root()))


@pytest.fixture
def preview(
    project: Callable[[str], Project], server: FakeApiServer, tmp_path: Path, stand_in: None
) -> Callable[[list[dict[str, Any]]], tuple[int, str]]:
    """Previews a stack with the pack; gives the exit code and what the engine said.

    One rule is advisory and one disabled, as a user may want it.
    """
    given = tmp_path / "manifests.json"
    made = project(PROGRAM.format(kubeconfig=server.kubeconfig, manifests=str(given)))

    levels = tmp_path / "levels.json"

    def run(manifests: list[dict[str, Any]]) -> tuple[int, str]:
        levels.write_text(json.dumps({"image-registry": "advisory", "pod-priority": "disabled"}))
        given.write_text(json.dumps([{**each, "token": token(each)} for each in manifests]))
        pack = ("--policy-pack", str(PACK), "--policy-pack-config", str(levels))
        with made.start("preview", *pack) as engine:
            assert engine.stdout is not None
            said = engine.stdout.read()
        return engine.returncode, said

    return run


def test_the_engine_refuses_what_breaks_a_rule_and_nothing_else(
    preview: Callable[[list[dict[str, Any]]], tuple[int, str]],
) -> None:
    manifests = good()
    workload = deployment(manifests)
    put(workload, "spec.template.spec.hostNetwork", True)
    put(workload, "spec.template.spec.containers[0].volumeMounts[0].name", "file")
    put(workload, "spec.template.spec.priorityClassName", "high")
    put(workload, "spec.template.spec.containers[0].image", "redis:8.2.1")
    cron = next(each for each in manifests if each["kind"] == "CronJob")
    put(cron, "spec.jobTemplate.spec.template.spec.priorityClassName", ABSENT)
    code, said = preview(manifests)
    assert code != 0
    assert "autoserve@v0.1.0" in said
    assert set(REPORT.findall(said)) == {
        ("mandatory", "restricted-host-namespaces"),  # of one resource
        ("mandatory", "reference-volume"),
        ("mandatory", "reference-priority-class"),  # of all together
        ("advisory", "image-registry"),
    }
    assert "found true; allowed: absent or false" in said
    assert 'found "high"; allowed: serving or system-cluster-critical' in said


WHOLE = """\
import pulumi
from infra.kubernetes.cluster import Cluster
from infra.program import build
from tests.contracts.programs import settings_for, with_cluster

# What others release is fetched from where they do; here it is there already.
settings = with_cluster(settings_for("prod"), install=[], context="fake")
build(settings, cluster=Cluster(kubeconfig={kubeconfig!r}, context="fake"))
"""


@pytest.mark.slow
def test_the_engine_lets_the_whole_platform_through(
    project: Callable[[str], Project], server: FakeApiServer, stand_in: None
) -> None:
    made = project(WHOLE.format(kubeconfig=server.kubeconfig))
    said = made.run("preview", "--policy-pack", str(PACK))
    assert "autoserve@v0.1.0" in said
    assert REPORT.findall(said) == []
    assert "kubernetes:apps/v1:StatefulSet postgres" in said
