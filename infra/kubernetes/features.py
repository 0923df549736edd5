"""What a cluster does that no API group tells: HPA tolerance, network policies, labelled nodes."""

from collections.abc import Iterator

from infra.findings import Finding
from infra.kubernetes.api_server import ApiServer
from infra.kubernetes.settings import ClusterSettings

__all__ = [
    "VPA_WEBHOOK",
    "has_tolerance",
    "network_policies",
    "nodes",
    "unused_tolerance",
    "wrong_tolerance",
    "wrong_vertical",
]

VERTICAL_KEY = "autoserve:cluster.vertical"
TOLERANCE_KEY = "autoserve:cluster.hpaTolerance"
# The field is in the schema from 1.33 on and dropped there: its gate is on from 1.35 (beta).
# Source: Kubernetes docs, feature gates, HPAConfigurableTolerance.
TOLERANCE_VERSION = (1, 35)
RULES_SCHEMA = "io.k8s.api.autoscaling.v2.HPAScalingRules"

WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
VPA_WEBHOOK = f"{WEBHOOKS}/vpa-webhook-config"

# DaemonSets of network plug-ins, by whether they make NetworkPolicies hold. That of AWS
# (aws-node) does so only where that was switched on, so it is in neither.
ENFORCING = {
    "anetd",
    "antrea-agent",
    "calico-node",
    "canal",
    "cilium",
    "kindnet",
    "kube-router",
    "ovnkube-node",
    "weave-net",
}
IGNORING = {"kube-flannel", "kube-flannel-ds"}


def has_tolerance(server: ApiServer, version: tuple[int, int]) -> bool:
    """Whether the cluster's HPA has ``behavior.*.tolerance`` and keeps what is written there.

    Raises:
        UnreachableError: the API server went away meanwhile.
    """
    if version < TOLERANCE_VERSION:
        return False
    document = server.get("/openapi/v3/apis/autoscaling/v2").body
    schemas = (document.get("components") or {}).get("schemas") or {}
    return "tolerance" in (schemas.get(RULES_SCHEMA, {}).get("properties") or {})


def wrong_tolerance(settings: ClusterSettings, *, served: bool) -> Iterator[Finding]:
    """The setting says that the field is there, and it is not."""
    if settings.hpa_tolerance and not served:
        yield Finding(
            what=f"{TOLERANCE_KEY}: found true; allowed: false, since this cluster's HPA has no "
            "`tolerance` (Kubernetes 1.35 has it)",
            mend=f"pulumi config set --path {TOLERANCE_KEY} false",
        )


def unused_tolerance(settings: ClusterSettings, *, served: bool) -> Iterator[Finding]:
    if served and not settings.hpa_tolerance:
        yield Finding(
            what=f"{TOLERANCE_KEY}: found false, though this cluster's HPA has `tolerance`: the "
            "scaler's floor must reach further than it has to",
            mend=f"pulumi config set --path {TOLERANCE_KEY} true",
        )


def wrong_vertical(server: ApiServer, settings: ClusterSettings) -> Iterator[Finding]:
    """A mode that changes pods needs more of VPA than the recommender that a stack installs.

    Raises:
        UnreachableError: the API server went away meanwhile.
    """
    if settings.vertical in {"none", "Off"} or server.get(VPA_WEBHOOK).status != 404:
        return
    yield Finding(
        what=f"{VERTICAL_KEY}: found {settings.vertical!r}, which needs VPA's admission "
        "controller, and this cluster has none; allowed: 'Off' or 'none'",
        mend=f"pulumi config set --path {VERTICAL_KEY} Off; or install all of VPA by its own "
        "script (hack/vpa-up.sh) and remove 'vpa' from autoserve:cluster.install",
    )


def network_policies(server: ApiServer) -> Iterator[Finding]:
    """Whether NetworkPolicies hold can be asked of nobody; the plug-in's DaemonSet tells most.

    Raises:
        UnreachableError: the API server went away meanwhile.
    """
    answer = server.get("/apis/apps/v1/daemonsets")
    names = {each["metadata"]["name"] for each in answer.items}
    if names & ENFORCING:
        return
    if ignoring := sorted(names & IGNORING):
        what = f"this cluster runs {ignoring[0]}, and flannel ignores NetworkPolicies silently"
    else:
        what = "whether this cluster enforces NetworkPolicies cannot be told from here"
    yield Finding(
        what=f"{what}: every pod may then reach every other one",
        mend="use a network plug-in that enforces them (Calico, Cilium, Antrea, AWS's with its "
        "network policy agent)",
    )


def nodes(server: ApiServer, settings: ClusterSettings) -> Iterator[Finding]:
    """Whether a node has the labels that the stack's pods want.

    Raises:
        UnreachableError: the API server went away meanwhile.
    """
    if not settings.node_labels:
        return
    wanted = ",".join(f"{name}={value}" for name, value in sorted(settings.node_labels.items()))
    answer = server.get("/api/v1/nodes", labelSelector=wanted, limit="1")
    if answer.found and not answer.items:
        yield Finding(
            what=f"autoserve:cluster.nodeLabels: no node has {wanted} now: pods wait until one "
            "comes",
            mend=f"label nodes: {server.kubeconfig.kubectl} label node NAME {wanted}",
        )
