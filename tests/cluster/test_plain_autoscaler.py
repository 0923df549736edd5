"""Without KEDA the scaler raises the autoscaler's minimum, and its Role lets it do nothing else."""

from collections.abc import Callable

import pytest

from tests.cluster import manifests
from tests.cluster.client import ApiError, Client, Manifest
from tests.cluster.control_plane import ControlPlane
from tests.cluster.waiting import wait_for

ACCOUNT = "scaler"
HPA = ("autoscaling/v2", "HorizontalPodAutoscaler")
OWNER = "autoserve.dev/floor-by"
# What the scaler may do to the autoscalers of the workloads that it forecasts.
RULES: list[Manifest] = [
    {
        "apiGroups": ["autoscaling"],
        "resources": ["horizontalpodautoscalers"],
        "resourceNames": ["api"],
        "verbs": ["get", "patch"],
    }
]


def plain_autoscaler(name: str, namespace: str) -> Manifest:
    target = {"type": "Utilization", "averageUtilization": 70}
    return {
        "apiVersion": HPA[0],
        "kind": HPA[1],
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": 2,
            "maxReplicas": 10,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }


@pytest.fixture
def scaler(control_plane: ControlPlane, namespace: str) -> Client:
    """A client that is the scaler, beside workloads ``api`` and ``worker`` that are scaled."""
    for name in ("api", "worker"):
        control_plane.admin.apply(manifests.deployment(name, namespace, replicas=None))
        control_plane.admin.apply(plain_autoscaler(name, namespace))
    for manifest in manifests.role_for(ACCOUNT, namespace, RULES):
        control_plane.admin.apply(manifest)
    return control_plane.account(namespace, ACCOUNT)


def raise_minimum(client: Client, name: str, namespace: str, minimum: int) -> None:
    change = {"metadata": {"annotations": {OWNER: "scaler"}}, "spec": {"minReplicas": minimum}}
    client.patch(*HPA, name, change, namespace)


def replicas(admin: Client, name: str, namespace: str) -> int:
    return int(admin.get("apps/v1", "Deployment", name, namespace)["spec"]["replicas"])


def test_the_autoscaler_follows_a_minimum_raised_with_the_role_only(
    scaler: Client, admin: Client, namespace: str
) -> None:
    wait_for("api has 2 replicas", lambda: replicas(admin, "api", namespace) == 2)
    raise_minimum(scaler, "api", namespace, 6)
    wait_for("api has 6 replicas", lambda: replicas(admin, "api", namespace) == 6)
    found = scaler.get(*HPA, "api", namespace)
    assert found["metadata"]["annotations"][OWNER] == "scaler"
    assert replicas(admin, "worker", namespace) == 2


def test_no_minimum_is_raised_above_the_maximum(scaler: Client, namespace: str) -> None:
    with pytest.raises(ApiError, match="greater than or equal to `minReplicas`"):
        raise_minimum(scaler, "api", namespace, 11)


Act = Callable[[Client, str], object]


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda c, n: raise_minimum(c, "worker", n, 3), id="another-autoscaler"),
        pytest.param(lambda c, n: c.delete(*HPA, "api", n), id="delete-the-autoscaler"),
        pytest.param(lambda c, n: c.list(*HPA, n), id="list-autoscalers"),
        pytest.param(
            lambda c, n: c.patch(*HPA, "api", {"status": {}}, n, subresource="status"),
            id="status-of-the-autoscaler",
        ),
        pytest.param(
            lambda c, n: c.patch("apps/v1", "Deployment", "api", {"spec": {"replicas": 9}}, n),
            id="the-deployment",
        ),
        pytest.param(
            lambda c, n: c.patch(
                "apps/v1", "Deployment", "api", {"spec": {"replicas": 9}}, n, subresource="scale"
            ),
            id="scale-of-the-deployment",
        ),
        pytest.param(lambda c, n: c.list("v1", "Pod", n), id="list-pods"),
        pytest.param(lambda c, n: c.list("v1", "Secret", n), id="list-secrets"),
        pytest.param(lambda c, _: c.get(*HPA, "api", "default"), id="in-another-namespace"),
        pytest.param(lambda c, _: c.list("v1", "Node"), id="list-nodes"),
        pytest.param(
            lambda c, n: c.apply(manifests.role_for("more", n, RULES)[1]), id="give-itself-more"
        ),
    ],
)
def test_what_the_role_does_not_allow_is_refused(scaler: Client, namespace: str, act: Act) -> None:
    with pytest.raises(ApiError) as refused:
        act(scaler, namespace)
    assert refused.value.reason == "Forbidden"
    assert f"system:serviceaccount:{namespace}:{ACCOUNT}" in refused.value.message
