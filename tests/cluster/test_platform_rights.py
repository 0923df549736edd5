"""What our service accounts may do on a real API server, with nothing but their tokens.

Without KEDA the scaler and its reaper change the minimum of two autoscalers, the scaler keeps its
lease and tells of what it does, Prometheus finds the pods that it scrapes, and nobody else may do
anything.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.client import ApiError, Client, Manifest
from tests.cluster.control_plane import ControlPlane
from tests.cluster.platform import Platform
from tests.cluster.waiting import wait_for

HPA, HPAS = "autoscaling/v2", "/apis/autoscaling/v2/namespaces/{services}/horizontalpodautoscalers"
CORE, DEPLOYMENTS = (
    "/api/v1/namespaces/{services}",
    "/apis/apps/v1/namespaces/{services}/deployments",
)
LEASES = "/apis/coordination.k8s.io/v1/namespaces/{services}/leases"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
PATCH = {"Content-Type": "application/merge-patch+json"}
MINIMUM = {"spec": {"minReplicas": 5}}
POD: Manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a-pod"}}
NO_OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "gone", "uid": "of-nobody"}
# Method, path and what to send: each is refused to the scaler.
NOT_FOR_THE_SCALER: list[tuple[str, str, Any]] = [
    ("GET", f"{HPAS}?watch=true", None),
    ("POST", HPAS, {"metadata": {"name": "another"}}),
    ("PUT", f"{HPAS}/api", MINIMUM),
    ("DELETE", f"{HPAS}/api", None),
    ("DELETE", HPAS, None),
    ("PATCH", f"{HPAS}/relay", MINIMUM),
    ("GET", f"{HPAS}/relay", None),
    ("PATCH", f"{HPAS}/api/status", {"status": {"desiredReplicas": 9}}),
    ("PATCH", f"{HPAS.replace('{services}', '{data}')}/api", MINIMUM),
    ("PATCH", f"{HPAS.replace('{services}', 'default')}/worker", MINIMUM),
    ("GET", f"{DEPLOYMENTS}/api", None),
    ("PATCH", f"{DEPLOYMENTS}/api", {"spec": {"replicas": 9}}),
    ("GET", f"{DEPLOYMENTS}/api/scale", None),
    ("PATCH", f"{DEPLOYMENTS}/api/scale", {"spec": {"replicas": 9}}),
    ("GET", f"{CORE}/pods/any", None),
    ("POST", f"{CORE}/pods", POD),
    ("DELETE", f"{CORE}/pods", None),
    ("PATCH", f"{LEASES}/another", {"spec": {}}),
    ("PUT", f"{LEASES}/another", {"metadata": {"name": "another"}}),
    ("GET", f"{LEASES}/another", None),
    ("DELETE", f"{LEASES}/scaler", None),
    ("GET", f"{CORE}/secrets", None),
    ("GET", f"{CORE}/configmaps", None),
    ("GET", "/api/v1/namespaces/{data}/pods", None),
    ("GET", "/api/v1/namespaces/{data}/secrets", None),
    ("POST", f"{CORE}/serviceaccounts/api/token", {"spec": {}}),
    ("POST", f"{CORE}/events", {"metadata": {"name": "it"}}),
    ("GET", "/api/v1/nodes", None),
    ("GET", "/api/v1/namespaces", None),
    ("GET", f"{RBAC}/namespaces/{{services}}/roles/scaler", None),
    ("PATCH", f"{RBAC}/namespaces/{{services}}/roles/scaler", {"rules": []}),
    ("POST", f"{RBAC}/clusterrolebindings", {"metadata": {"name": "it"}}),
    ("GET", "/apis/keda.sh/v1alpha1/namespaces/{services}/scaledobjects", None),
    ("GET", "/metrics", None),
]
NOT_FOR_PROMETHEUS: list[tuple[str, str, Any]] = [
    ("POST", f"{CORE}/pods", POD),
    ("DELETE", f"{CORE}/pods", None),
    ("GET", f"{CORE}/pods/any/log", None),
    ("POST", f"{CORE}/pods/any/exec?command=id", None),
    ("POST", f"{CORE}/pods/any/eviction", {"metadata": {"name": "any"}}),
    ("GET", "/api/v1/pods", None),
    ("GET", "/api/v1/namespaces/{data}/pods", None),
    ("GET", "/api/v1/namespaces/{observability}/pods", None),
    ("GET", "/api/v1/namespaces/kube-system/pods", None),
    ("GET", f"{CORE}/services", None),
    ("GET", f"{CORE}/endpoints", None),
    ("GET", f"{CORE}/secrets", None),
    ("GET", f"{CORE}/configmaps", None),
    ("GET", "/api/v1/namespaces/{observability}/secrets", None),
    ("GET", "/api/v1/nodes/{node}/proxy/metrics", None),
    ("GET", "/api/v1/nodes/{node}/proxy/metrics/cadvisor", None),
    ("GET", "/api/v1/nodes/{node}/proxy/pods", None),
    ("POST", "/api/v1/nodes/{node}/proxy/run/default/any/any", None),
    ("PATCH", "/api/v1/nodes/{node}", {"spec": {"unschedulable": True}}),
    ("GET", DEPLOYMENTS, None),
    ("GET", HPAS, None),
    ("GET", "/metrics", None),
]


@pytest.fixture(scope="module")
def names(platform: Platform) -> dict[str, str]:
    services = platform.namespaces[0]
    return {
        "services": services,
        "data": f"{services}-data",
        "observability": f"{services}-observability",
        "node": platform.admin.list("v1", "Node")[0]["metadata"]["name"],
    }


@pytest.fixture(scope="module")
def scaler(quiet_plane: ControlPlane, names: dict[str, str]) -> Client:
    return quiet_plane.account(names["services"], "scaler")


@pytest.fixture(scope="module")
def prometheus(quiet_plane: ControlPlane, names: dict[str, str]) -> Client:
    return quiet_plane.account(names["observability"], "prometheus")


@pytest.fixture
def minimums(platform: Platform) -> Iterator[None]:
    """Puts back what the scaler raised."""
    yield
    platform.admin.apply(platform.one("HorizontalPodAutoscaler", "api"), force=True)
    platform.admin.apply(platform.one("HorizontalPodAutoscaler", "worker"), force=True)


def refusal(client: Client, names: dict[str, str], method: str, path: str, body: Any) -> str:
    """Who says no to a request, and why; nothing where nobody does."""
    headers = PATCH if method == "PATCH" else {}
    try:
        client.request(method, path.format(**names), body, headers=headers)
    except ApiError as error:
        return error.reason
    return ""


def titled(request: tuple[str, str, Any]) -> str:
    return f"{request[0]} {request[1]}"


@pytest.mark.parametrize("name", ["api", "worker"])
@pytest.mark.usefixtures("minimums")
def test_the_scaler_raises_a_minimum_and_the_replicas_follow(
    name: str, platform: Platform, scaler: Client
) -> None:
    services = platform.namespaces[0]
    declared = scaler.get(HPA, "HorizontalPodAutoscaler", name, services)["spec"]["minReplicas"]
    body = {"metadata": {"annotations": {"autoserve/floor-expires": "soon"}}}
    body["spec"] = {"minReplicas": declared + 4}
    scaler.patch(HPA, "HorizontalPodAutoscaler", name, body, services)

    deployment = platform.one("Deployment", name)
    wait_for(
        f"{name} has the replicas",
        lambda: (platform.live(deployment) or {})["status"].get("readyReplicas") == declared + 4,
        seen=lambda: (platform.live(deployment) or {})["status"],
    )
    events = platform.admin.list("v1", "Event", services)
    reasons = [each["message"] for each in events if each["reason"] == "SuccessfulRescale"]
    assert any("below Spec.MinReplicas" in each for each in reasons), reasons


@pytest.mark.parametrize(
    ("version", "body"),
    [
        ("v2", {"spec": {"maxReplicas": 1000}}),
        ("v2", {"spec": {"minReplicas": 4, "maxReplicas": 1000}}),
        ("v2", {"spec": {"scaleTargetRef": {"kind": "StatefulSet", "name": "postgres"}}}),
        ("v2", {"spec": {"behavior": None}}),
        ("v2", {"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}}}}),
        ("v2", {"spec": {"metrics": None}}),
        ("v2", {"metadata": {"labels": {"app.kubernetes.io/part-of": None}}}),
        ("v2", {"metadata": {"finalizers": ["example.org/held"]}}),
        ("v2", {"metadata": {"ownerReferences": [NO_OWNER]}}),
        ("v1", {"spec": {"maxReplicas": 1000}}),
        # What this version has no field for, it takes from there.
        ("v1", {"metadata": {"annotations": {"autoscaling.alpha.kubernetes.io/behavior": "{}"}}}),
    ],
    ids=str,
)
@pytest.mark.parametrize("account", ["scaler", "reaper"])
@pytest.mark.usefixtures("minimums")
def test_no_other_field_of_an_autoscaler_is_theirs(
    names: dict[str, str],
    quiet_plane: ControlPlane,
    account: str,
    version: str,
    body: Manifest,
) -> None:
    path = f"{HPAS}/api".format(**names).replace("/v2/", f"/{version}/")
    client = quiet_plane.account(names["services"], account)
    with pytest.raises(ApiError, match="the scaler changes minReplicas and annotations"):
        client.request("PATCH", path, body, headers=PATCH)


@pytest.mark.parametrize("request_", NOT_FOR_THE_SCALER, ids=titled)
def test_everything_else_is_refused_to_the_scaler(
    request_: tuple[str, str, Any], names: dict[str, str], scaler: Client
) -> None:
    assert refusal(scaler, names, *request_) == "Forbidden"


def test_the_scaler_may_not_be_somebody_else(names: dict[str, str], scaler: Client) -> None:
    headers = {"Impersonate-User": f"system:serviceaccount:{names['services']}:api"}
    with pytest.raises(ApiError, match="cannot impersonate"):
        scaler.request("GET", "/api/v1", headers=headers)


def test_prometheus_lists_gets_and_watches_the_pods_of_the_services(
    names: dict[str, str], prometheus: Client
) -> None:
    services = names["services"]
    pods = prometheus.list("v1", "Pod", services)
    assert {"api", "worker"} <= {pod["spec"]["serviceAccountName"] for pod in pods}
    name = pods[0]["metadata"]["name"]
    assert prometheus.get("v1", "Pod", name, services)["metadata"]["name"] == name
    watched = prometheus.request(
        "GET", prometheus.path("v1", "Pod", "", services) + "?watch=true&timeoutSeconds=1"
    )
    assert name in str(watched)
    assert names["node"] in {node["metadata"]["name"] for node in prometheus.list("v1", "Node")}
    # The kubelet asks the API server just this about whoever wants /metrics/cadvisor of it.
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {
            "resourceAttributes": {
                "verb": "get",
                "resource": "nodes",
                "subresource": "metrics",
                "name": names["node"],
            }
        },
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert prometheus.request("POST", path, review)["status"]["allowed"] is True


@pytest.mark.parametrize("request_", NOT_FOR_PROMETHEUS, ids=titled)
def test_everything_else_is_refused_to_prometheus(
    request_: tuple[str, str, Any], names: dict[str, str], prometheus: Client
) -> None:
    assert refusal(prometheus, names, *request_) == "Forbidden"


def test_all_other_accounts_may_do_nothing(
    quiet_plane: ControlPlane, platform: Platform, names: dict[str, str]
) -> None:
    """As the API server itself sums up the rights of each, in every namespace that there is."""
    admin = platform.admin
    namespaces = [each["metadata"]["name"] for each in admin.list("v1", "Namespace")]
    nobody = _rights(quiet_plane.account("default", "default"), namespaces)
    assert {kind for _, kind in nobody} == {
        "selfsubjectaccessreviews",
        "selfsubjectreviews",
        "selfsubjectrulesreviews",
    }
    found = {}
    for account in platform.of_kind("ServiceAccount"):
        metadata = account["metadata"]
        client = quiet_plane.account(metadata["namespace"], metadata["name"])
        if more := _rights(client, namespaces) - nobody:
            found[metadata["name"]] = more
    assert found == {
        "scaler": {
            (names["services"], resource)
            for resource in ("horizontalpodautoscalers", "deployments", "pods", "leases", "events")
        },
        "reaper": {(names["services"], "horizontalpodautoscalers")},
        "prometheus": {(names["services"], "pods")}
        | {(each, kind) for each in namespaces for kind in ("nodes", "nodes/metrics")},
    }


def _rights(client: Client, namespaces: list[str]) -> set[tuple[str, str]]:
    """Namespace and resource of all that an account may do something with."""
    found = set()
    for namespace in namespaces:
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
        status = client.request("POST", path, review)["status"]
        for rule in status["resourceRules"]:
            found |= {(namespace, resource) for resource in rule["resources"]}
    return found


def test_only_pods_with_rights_have_a_token(platform: Platform) -> None:
    found = {
        pod["spec"]["serviceAccountName"]
        for pod in platform.pods()
        for volume in pod["spec"]["volumes"]
        for source in volume.get("projected", {}).get("sources", [])
        if "serviceAccountToken" in source
    }
    assert found - {"reaper"} == {"scaler", "prometheus"}  # its pod comes and goes
