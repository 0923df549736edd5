"""Our admission policies on a real API server: each is understood, and refuses what it is for.

It is the cluster's administrator who asks here: the rules hold for whoever comes.
"""

import copy
from collections.abc import Callable

import pytest

from infra.platform.admission import RULES
from tests.cluster.client import ApiError, Manifest, describe
from tests.cluster.platform import Platform
from tests.cluster.waiting import wait_for

IMAGES, RESOURCES, READ_ONLY, EXPOSURE, _ = RULES  # the last: test_platform_rights
DIGEST = "sha256:" + 64 * "a"
WORKLOADS = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "Job": "batch/v1",
    "Pod": "v1",
}


@pytest.fixture(autouse=True)
def enforced(platform: Platform) -> None:
    """A policy holds somewhat later than it is there."""
    bad = spoiled(platform, "Deployment", image("registry.example/team/app:latest"))
    wait_for("the policies hold", lambda: refusal(platform, bad) != "")


def workload(platform: Platform, kind: str, namespace: str = "") -> Manifest:
    """A new object with a pod like those of ours."""
    template = copy.deepcopy(platform.one("Deployment", "web")["spec"]["template"])
    template["spec"]["volumes"] = []  # those that it names are in one namespace only
    template["spec"]["containers"][0]["volumeMounts"] = []
    pod = template["spec"] | {"serviceAccountName": "default"}
    labels = {"app.kubernetes.io/name": "a-new-one"}
    template["metadata"] = {"labels": labels}
    spec = {"template": template, "selector": {"matchLabels": labels}}
    if kind == "StatefulSet":
        spec["serviceName"] = "a-new-one"
    if kind == "Job":
        pod["restartPolicy"] = "Never"
        del spec["selector"]
    return {
        "apiVersion": WORKLOADS[kind],
        "kind": kind,
        "metadata": {"name": "a-new-one", "namespace": namespace or platform.namespaces[0]},
        "spec": pod if kind == "Pod" else spec | {"template": template | {"spec": pod}},
    }


def spoiled(
    platform: Platform, kind: str, spoil: Callable[[Manifest], object], namespace: str = ""
) -> Manifest:
    """A new object whose container was changed."""
    manifest = workload(platform, kind, namespace)
    spec = manifest["spec"]
    spoil((spec if kind == "Pod" else spec["template"]["spec"])["containers"][0])
    return manifest


def image(reference: str) -> Callable[[Manifest], object]:
    return lambda container: container.update(image=reference)


def without(field: str, *path: str) -> Callable[[Manifest], object]:
    def spoil(container: Manifest) -> None:
        for name in path:
            container = container[name]
        del container[field]

    return spoil


def refusal(platform: Platform, manifest: Manifest) -> str:
    """Why a manifest would be refused; nothing where it would not."""
    try:
        platform.admin.apply(manifest, dry_run=True)
    except ApiError as error:
        return error.message
    return ""


def warnings(platform: Platform, policy: Manifest) -> list[Manifest]:
    """What the API server finds odd about a policy, checked against each kind it looks at."""

    def checked() -> Manifest | None:
        status: Manifest = (platform.live(policy) or {}).get("status", {})
        return status if "typeChecking" in status else None

    status = wait_for(f"policy {policy['metadata']['name']} was checked", checked)
    found: list[Manifest] = status["typeChecking"].get("expressionWarnings", [])
    return found


def test_every_policy_is_understood(platform: Platform) -> None:
    policies = platform.of_kind("ValidatingAdmissionPolicy")
    assert len(policies) == len(RULES)
    assert [warnings(platform, each) for each in policies] == [[] for _ in RULES]


def test_a_policy_that_is_not_understood_is_found(platform: Platform) -> None:
    prefix = platform.namespaces[0]
    odd = copy.deepcopy(platform.one("ValidatingAdmissionPolicy", f"{prefix}-exposure"))
    odd["metadata"] = {"name": "odd"}
    odd["spec"]["validations"][0]["expression"] = "object.spec.tpye == ''"
    platform.admin.apply(odd)
    try:
        (warning,) = warnings(platform, odd)
        assert "undefined field 'tpye'" in warning["warning"]
    finally:
        platform.admin.delete(odd["apiVersion"], odd["kind"], "odd")


@pytest.mark.parametrize("kind", WORKLOADS)
def test_every_kind_of_workload_is_looked_at(platform: Platform, kind: str) -> None:
    assert refusal(platform, workload(platform, kind)) == ""
    latest = spoiled(platform, kind, image("registry.example/team/app:latest"))
    assert IMAGES.message in refusal(platform, latest)
    writable = spoiled(platform, kind, without("readOnlyRootFilesystem", "securityContext"))
    assert READ_ONLY.message in refusal(platform, writable)
    greedy = spoiled(platform, kind, without("resources"))
    if kind == "Pod":  # gets the namespace's defaults before anybody looks at it
        assert refusal(platform, greedy) == ""
    else:
        assert RESOURCES.message in refusal(platform, greedy)


@pytest.mark.parametrize(
    ("reference", "is_allowed"),
    [
        ("registry.example/team/app:1.2.3", True),
        ("registry.example:5000/app:1.2.3", True),
        (f"registry.example/app@{DIGEST}", True),
        (f"registry.example/app:1.2.3@{DIGEST}", True),
        ("registry.example/app:latest", False),
        ("registry.example/app", False),
        ("registry.example:5000/app", False),
        ("nginx:1.29", False),
        ("library/nginx:1.29", False),
        ("docker.io/bitnami/redis:7.4", False),
    ],
)
def test_an_image_has_a_host_and_one_version(
    platform: Platform, reference: str, *, is_allowed: bool
) -> None:
    found = refusal(platform, spoiled(platform, "Deployment", image(reference)))
    assert found == "" if is_allowed else IMAGES.message in found


def test_containers_that_prepare_are_looked_at_too(platform: Platform) -> None:
    manifest = workload(platform, "Deployment")
    pod = manifest["spec"]["template"]["spec"]
    first = copy.deepcopy(pod["containers"][0]) | {"name": "first"}
    pod["initContainers"] = [{key: first[key] for key in first if not key.endswith("Probe")}]
    del pod["initContainers"][0]["lifecycle"]
    assert refusal(platform, manifest) == ""
    pod["initContainers"][0]["image"] = "busybox"
    assert IMAGES.message in refusal(platform, manifest)


@pytest.mark.parametrize(
    "spoil",
    [
        without("cpu", "resources", "requests"),
        without("memory", "resources", "limits"),
        without("limits", "resources"),
    ],
    ids=["no request of cpu", "no limit of memory", "no limits"],
)
def test_a_container_says_what_it_needs(
    platform: Platform, spoil: Callable[[Manifest], object]
) -> None:
    found = refusal(platform, spoiled(platform, "StatefulSet", spoil))
    assert RESOURCES.message in found


def test_what_runs_cannot_be_spoiled_by_a_change(platform: Platform) -> None:
    relay = copy.deepcopy(platform.one("Deployment", "relay"))
    relay["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/app:latest"
    assert IMAGES.message in refusal(platform, relay)


@pytest.mark.parametrize(
    ("changes", "is_allowed"),
    [
        ({}, True),
        ({"type": "ClusterIP", "clusterIP": "None"}, True),
        ({"type": "NodePort"}, False),
        ({"type": "LoadBalancer"}, False),
        ({"type": "ExternalName", "externalName": "example.com"}, False),
        ({"externalIPs": ["192.0.2.1"]}, False),
    ],
    ids=["plain", "headless", "node port", "load balancer", "external name", "external address"],
)
def test_only_the_edge_is_public(
    platform: Platform, changes: Manifest, *, is_allowed: bool
) -> None:
    for namespace in platform.namespaces:
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "a-new-one", "namespace": namespace},
            "spec": {"ports": [{"port": 80}], **changes},
        }
        found = refusal(platform, service)
        is_edge = namespace.endswith("-edge")
        assert found == "" if is_allowed or is_edge else EXPOSURE.message in found


def test_the_data_plane_of_the_gateway_runs_as_its_controller_makes_it(platform: Platform) -> None:
    """Without resources, which the namespace fills in; ports below 1024 by a setting of its own."""
    edge = next(each for each in platform.namespaces if each.endswith("-edge"))
    deployment = workload(platform, "Deployment", edge)
    pod = deployment["spec"]["template"]["spec"]
    del pod["containers"][0]["resources"]
    low_ports = {"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}
    pod["securityContext"] = {"runAsNonRoot": True, "fsGroup": 1001, "sysctls": [low_ports]}
    del pod["priorityClassName"]
    seccomp = {"type": "RuntimeDefault"}
    pod["containers"][0]["securityContext"] |= {"runAsUser": 101, "seccompProfile": seccomp}
    deployment["spec"]["replicas"] = 3
    platform.admin.apply(deployment)
    try:
        wait_for(
            "its three replicas are ready",
            lambda: (platform.live(deployment) or {})["status"].get("readyReplicas") == 3,
            seen=lambda: describe(platform.admin, edge),
        )
    finally:
        platform.admin.delete("apps/v1", "Deployment", "a-new-one", edge)
    latest = spoiled(platform, "Deployment", image("registry.example/app:latest"), edge)
    assert IMAGES.message in refusal(platform, latest)


def test_other_namespaces_are_left_alone(platform: Platform) -> None:
    bad = spoiled(platform, "Deployment", image("nginx"), "default")
    assert refusal(platform, bad) == ""


def test_every_namespace_refuses_a_pod_with_privileges(platform: Platform) -> None:
    def privileged(container: Manifest) -> None:
        container["securityContext"] |= {"privileged": True, "allowPrivilegeEscalation": True}

    assert len(platform.namespaces) == 4
    for namespace in platform.namespaces:
        found = refusal(platform, spoiled(platform, "Pod", privileged, namespace))
        assert 'violates PodSecurity "restricted:latest"' in found
