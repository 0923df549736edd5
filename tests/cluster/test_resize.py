"""Running pods get what is recommended through the real API server, with the declared rights only.

Nodes are simulated: what a kubelet says of its containers is written by hand, and whether it grants
a resize is not shown here.
"""

from datetime import UTC, datetime, timedelta

import pytest

from scaler.adapters.kubernetes.api import Refused, connect
from scaler.adapters.kubernetes.resize import BETWEEN
from scaler.adapters.kubernetes.vertical import InPlace
from scaler.core.resources import MEBI, Bounds, Recommendation
from scaler.records import Container, Resized
from tests.cluster import manifests
from tests.cluster.client import Client, Manifest, describe, has_condition
from tests.cluster.control_plane import ControlPlane
from tests.cluster.scaler_process import ACCOUNT, declared_access, rules_of
from tests.cluster.waiting import wait_for

NOW = datetime(2026, 11, 1, tzinfo=UTC)
APP = Container(workload="web", name="app")
# The pods ask for 100m and 64 MiB, and may use 1 and 256 MiB.
GREATER = Recommendation(
    cpu=Bounds(lower=200, target=300, upper=600),
    memory=Bounds(lower=80 * MEBI, target=96 * MEBI, upper=200 * MEBI),
    confidence=3.0,
    samples=4_000,
)


def resources(pod: Manifest) -> Manifest:
    found: Manifest = pod["spec"]["containers"][0]["resources"]
    return found


def autoscaler(inside: str, resource: str) -> Manifest:
    target = {"type": "Utilization", "averageUtilization": 80}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": inside},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 2,
            "maxReplicas": 2,
            "metrics": [{"type": "Resource", "resource": {"name": resource, "target": target}}],
        },
    }


def running_pods(admin: Client, inside: str) -> list[Manifest]:
    """Two pods that are ready, on nodes that say what containers run with: those can resize."""

    def ready() -> list[Manifest]:
        found = admin.list("v1", "Pod", inside)
        return found if len(found) == 2 and all(has_condition(p, "Ready") for p in found) else []

    pods = wait_for("both pods are ready", ready, seen=lambda: describe(admin, inside))
    for pod in pods:
        (status,) = pod["status"]["containerStatuses"]
        path = f"/api/v1/namespaces/{inside}/pods/{pod['metadata']['name']}/status"
        granted = {"containerStatuses": [{**status, "resources": resources(pod)}]}
        admin.request(
            "PATCH",
            path,
            {"status": granted},
            headers={"Content-Type": "application/merge-patch+json"},
        )
    return pods


def test_pods_are_resized_one_by_one_and_go_on_running(
    control_plane: ControlPlane, admin: Client, namespace: str
) -> None:
    admin.apply(manifests.deployment("web", namespace, replicas=2))
    access = declared_access("keda", "web", vertical="resize")[ACCOUNT]
    for manifest in manifests.role_for(ACCOUNT, namespace, rules_of(access)):
        admin.apply(manifest)
    before = {pod["metadata"]["uid"]: pod for pod in running_pods(admin, namespace)}
    api = connect(
        kubeconfig=str(control_plane.account_kubeconfig(namespace, ACCOUNT)),
        context="",
        namespace=namespace,
        timeout_s=10.0,
    )
    try:
        in_place = InPlace(api, namespace=namespace)

        def step(minutes: float) -> Resized | None:
            names = [pod["metadata"]["name"] for pod in before.values()]
            used = {(APP, name): 20.0 * MEBI for name in names}
            now = NOW + timedelta(minutes=minutes)
            return in_place.step({APP: GREATER}, used_memory=used, now=now)

        first = step(0)
        assert first is not None
        assert first.sentence.endswith(": app cpu 100m to 300m, app memory 64Mi to 96Mi.")
        assert step(1) is None
        assert step(BETWEEN.total_seconds() / 60) is not None
    finally:
        api.close()
    after = {pod["metadata"]["uid"]: pod for pod in running_pods(admin, namespace)}
    assert set(after) == set(before)
    for pod in after.values():
        assert resources(pod) == {
            "requests": {"cpu": "300m", "memory": "96Mi"},
            "limits": {"cpu": "3", "memory": "384Mi"},
        }
        assert pod["status"]["qosClass"] == "Burstable"


def test_where_it_is_off_pods_are_not_the_scalers_to_change(
    control_plane: ControlPlane, admin: Client, namespace: str
) -> None:
    admin.apply(manifests.deployment("web", namespace, replicas=2))
    for manifest in manifests.role_for(
        ACCOUNT, namespace, rules_of(declared_access("keda", "web")[ACCOUNT])
    ):
        admin.apply(manifest)
    pod = running_pods(admin, namespace)[0]["metadata"]["name"]
    api = connect(
        kubeconfig=str(control_plane.account_kubeconfig(namespace, ACCOUNT)),
        context="",
        namespace=namespace,
        timeout_s=10.0,
    )
    try:
        with pytest.raises(Refused, match="pods/resize"):
            api.patch(f"/api/v1/namespaces/{namespace}/pods/{pod}/resize", {"spec": {}})
    finally:
        api.close()


def test_what_an_autoscaler_decides_by_is_left_alone(
    control_plane: ControlPlane, admin: Client, namespace: str
) -> None:
    admin.apply(manifests.deployment("web", namespace, replicas=2))
    admin.apply(autoscaler(namespace, "cpu"))
    pods = running_pods(admin, namespace)
    api = connect(
        kubeconfig=str(control_plane.kubeconfig), context="", namespace=namespace, timeout_s=10.0
    )
    try:
        used = {(APP, pod["metadata"]["name"]): 20.0 * MEBI for pod in pods}
        done = InPlace(api, namespace=namespace).step({APP: GREATER}, used_memory=used, now=NOW)
    finally:
        api.close()
    assert done is not None
    assert done.sentence.endswith(": app memory 64Mi to 96Mi.")
