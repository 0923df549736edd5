"""That the test cluster is a real one, is there within 15 s, and leaves nothing."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
import yaml

from tests.cluster import manifests
from tests.cluster.client import ApiError, Client, Manifest, describe, has_condition
from tests.cluster.control_plane import ControlPlane, running
from tests.cluster.definitions import install_definitions
from tests.cluster.kubeconfig import CONTEXT
from tests.cluster.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
READY_S = 15.0
PROGRAMS = {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"}


def available(admin: Client, name: str, namespace: str) -> None:
    wait_for(
        f"deployment {name} is available",
        lambda: has_condition(admin.get("apps/v1", "Deployment", name, namespace), "Available"),
        seen=lambda: describe(admin, namespace),
    )


def pods(admin: Client, namespace: str) -> list[Manifest]:
    return admin.list("v1", "Pod", namespace)


def test_a_second_one_is_ready_in_time_beside_the_first_and_leaves_nothing(
    control_plane: ControlPlane,
) -> None:
    started = time.monotonic()
    with running(nodes=1) as second:
        took = time.monotonic() - started
        pids = second.processes.pids()
        folder, port = second.folder, httpx.URL(second.server).port
        assert set(pids) == PROGRAMS
        assert len(second.admin.list("v1", "Node")) == 1
        assert len(control_plane.admin.list("v1", "Node")) == 3
    assert took <= READY_S
    assert not any(psutil.pid_exists(pid) for pid in pids.values())
    assert not folder.exists()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port or 0)) != 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_tests_that_are_ended(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "tests.cluster", "--nodes", "1"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with (tmp_path / "output").open("w+") as output:
        tests = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        shown = wait_for(
            "it is ready",
            lambda: re.search(r"KUBECONFIG=(\S+)", (tmp_path / "output").read_text()),
            seen=(tmp_path / "output").read_text,
        )
        programs = psutil.Process(tests.pid).children(recursive=True)
        tests.send_signal(number)
        tests.wait(20)
    assert len(programs) == len(PROGRAMS)
    assert psutil.wait_procs(programs, timeout=5)[1] == []
    if number is signal.SIGKILL:  # the kernel ends the processes; the next start the folder
        assert Path(shown[1]).exists()
    else:
        assert tests.returncode == 0
        assert not Path(shown[1]).parent.exists()


def test_what_killed_tests_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead = tmp_path / f"autoserve-cluster-{gone.pid}-x"
    alive = tmp_path / f"autoserve-cluster-{os.getpid()}-x"
    for folder in (dead, alive):
        folder.mkdir()
    with running(nodes=0):
        assert not dead.exists()
        assert alive.exists()
    assert [path.name for path in tmp_path.iterdir()] == [alive.name]


def test_it_listens_on_loopback_only(control_plane: ControlPlane) -> None:
    found = control_plane.processes.addresses()
    assert found.keys() >= PROGRAMS
    assert set().union(*found.values()) == {"127.0.0.1"}


def test_a_deployment_becomes_available_over_all_zones(admin: Client, namespace: str) -> None:
    manifest = manifests.deployment("web", namespace, replicas=3)
    constraint = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {manifests.NAME_LABEL: "web"}},
    }
    manifest["spec"]["template"]["spec"]["topologySpreadConstraints"] = [constraint]
    admin.apply(manifest)
    available(admin, "web", namespace)
    assert len({pod["spec"]["nodeName"] for pod in pods(admin, namespace)}) == 3


def test_a_stateful_set_gets_its_volume(admin: Client, namespace: str) -> None:
    workload = manifests.deployment("store", namespace)
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    workload["kind"] = "StatefulSet"
    workload["spec"] |= {"serviceName": "store", "volumeClaimTemplates": [claim]}
    admin.apply(workload)
    wait_for(
        "the replica is ready",
        lambda: admin.get("apps/v1", "StatefulSet", "store", namespace)["status"].get(
            "readyReplicas"
        ),
        seen=lambda: describe(admin, namespace),
    )
    (found,) = admin.list("v1", "PersistentVolumeClaim", namespace)
    assert found["status"]["phase"] == "Bound"


def test_applying_again_changes_nothing(admin: Client, namespace: str) -> None:
    manifest = manifests.deployment("web", namespace)
    admin.apply(manifest)
    available(admin, "web", namespace)
    before = admin.get("apps/v1", "Deployment", "web", namespace)
    again = admin.apply(manifest)
    assert again["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_an_unknown_field_is_refused(admin: Client, namespace: str) -> None:
    manifest = manifests.deployment("web", namespace)
    manifest["spec"]["replica"] = 2
    with pytest.raises(ApiError, match=r"\.spec\.replica: field not declared in schema"):
        admin.apply(manifest)


def test_an_unknown_field_of_a_defined_kind_is_refused(admin: Client, namespace: str) -> None:
    install_definitions(admin)
    limits: Manifest = {
        "apiVersion": "gateway.nginx.org/v1alpha1",
        "kind": "RateLimitPolicy",
        "metadata": {"name": "edge", "namespace": namespace},
        "spec": {
            "targetRefs": [
                {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}
            ],
            "rateLimit": {"local": {"rules": [{"key": "$binary_remote_addr", "rate": "5r/s"}]}},
        },
    }
    admin.apply(limits)
    limits["spec"]["rateLimit"]["local"]["rules"][0]["brust"] = 5
    with pytest.raises(ApiError, match="brust: field not declared in schema"):
        admin.apply(limits)


def test_a_field_of_another_manager_is_a_conflict_unless_forced(
    admin: Client, namespace: str
) -> None:
    admin.apply(manifests.deployment("web", namespace, replicas=1))
    other = manifests.deployment("web", namespace, replicas=2)
    with pytest.raises(ApiError) as refused:
        admin.apply(other, field_manager="somebody-else")
    assert refused.value.reason == "Conflict"
    forced = admin.apply(other, field_manager="somebody-else", force=True)
    assert forced["spec"]["replicas"] == 2


def test_a_dry_run_leaves_nothing(admin: Client, namespace: str) -> None:
    admin.apply(manifests.deployment("web", namespace), dry_run=True)
    assert admin.find("apps/v1", "Deployment", "web", namespace) is None


def test_pod_security_refuses_a_privileged_pod(admin: Client, namespace: str) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "bad", "namespace": namespace},
        "spec": manifests.pod_spec(securityContext={"privileged": True}),
    }
    with pytest.raises(ApiError, match="violates PodSecurity") as refused:
        admin.apply(pod)
    assert refused.value.reason == "Forbidden"


def test_an_admission_policy_refuses_what_it_is_written_for(admin: Client, namespace: str) -> None:
    name = f"no-latest-{namespace}"
    kinds = {
        "apiGroups": ["apps"],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["deployments"],
    }
    rule = {
        "expression": "object.spec.template.spec.containers.all(c, !c.image.endsWith(':latest'))",
        "message": "an image needs a version",
    }
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    version = "admissionregistration.k8s.io/v1"
    policy: Manifest = {
        "apiVersion": version,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {"matchConstraints": {"resourceRules": [kinds]}, "validations": [rule]},
    }
    binding: Manifest = {
        "apiVersion": version,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"], "matchResources": here},
    }
    bad = manifests.deployment("web", namespace)
    bad["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/app:latest"
    for manifest in (policy, binding):
        admin.apply(manifest)
    try:
        wait_for("the policy holds", lambda: "an image needs a version" in refusal(admin, bad))
        assert refusal(admin, manifests.deployment("web", namespace)) == ""
    finally:
        for manifest in (binding, policy):
            admin.delete(version, manifest["kind"], name)


def refusal(admin: Client, manifest: Manifest) -> str:
    """Why a manifest would be refused; nothing where it would not."""
    try:
        admin.apply(manifest, dry_run=True)
    except ApiError as error:
        return error.message
    return ""


def test_a_budget_stops_a_drain(admin: Client, namespace: str) -> None:
    admin.apply(manifests.deployment("web", namespace, replicas=2))
    labels = {"matchLabels": {manifests.NAME_LABEL: "web"}}
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"minAvailable": 2, "selector": labels},
    }
    admin.apply(budget)
    available(admin, "web", namespace)
    wait_for(
        "the budget has counted both",
        lambda: (
            admin.get("policy/v1", "PodDisruptionBudget", "web", namespace)["status"].get(
                "currentHealthy"
            )
            == 2
        ),
    )
    name = pods(admin, namespace)[0]["metadata"]["name"]
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": namespace},
    }
    with pytest.raises(ApiError, match="disruption budget") as refused:
        admin.request("POST", admin.path("v1", "Pod", name, namespace) + "/eviction", eviction)
    assert refused.value.status == httpx.codes.TOO_MANY_REQUESTS


def test_nobody_is_let_in_without_a_name(control_plane: ControlPlane) -> None:
    stranger = Client(control_plane.server, control_plane.authority.certificate)
    with pytest.raises(ApiError) as refused:
        stranger.request("GET", "/version")
    stranger.close()
    assert refused.value.status == httpx.codes.UNAUTHORIZED


def test_an_account_may_do_what_its_role_says_and_nothing_else(
    control_plane: ControlPlane, namespace: str
) -> None:
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
    for manifest in manifests.role_for("reader", namespace, [rule]):
        control_plane.admin.apply(manifest)
    reader = control_plane.account(namespace, "reader")
    assert reader.list("v1", "Pod", namespace) == []
    with pytest.raises(ApiError, match='cannot list resource "secrets"'):
        reader.list("v1", "Secret", namespace)
    with pytest.raises(ApiError, match='cannot list resource "pods"'):
        reader.list("v1", "Pod", "default")


def test_kubeconfig_files_are_private_and_whole(
    control_plane: ControlPlane, namespace: str
) -> None:
    path = control_plane.account_kubeconfig(namespace, "default")
    for each in (path, control_plane.kubeconfig):
        assert each.stat().st_mode & 0o077 == 0
        document = yaml.safe_load(each.read_text())
        assert document["current-context"] == CONTEXT
        assert "certificate-authority-data" in document["clusters"][0]["cluster"]
    assert yaml.safe_load(path.read_text())["users"][0]["user"].keys() == {"token"}
