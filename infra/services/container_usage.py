"""What containers of a cluster use: read from its kubelets by Prometheus, asked for by the scaler.

A kubelet tells it in cAdvisor's series, each with the labels namespace, pod and container. It tells
of every container of its node and of much more than is asked for here; what is kept is bounded by
our own containers.

Source: Kubernetes docs, "Metrics For Kubernetes System Components" and "Kubelet
authentication/authorization" (/metrics/* is the sub-resource nodes/metrics); google/cadvisor,
docs/storage/prometheus.md.
"""

from typing import Any

from infra.kubernetes.settings import ClusterSettings
from infra.services.description import Access, Tier

__all__ = ["ACCESS", "KUBELET_PORT", "cpu_query", "memory_query", "out_of_memory_query", "scraping"]

KUBELET_PORT = 10_250
CPU = "container_cpu_usage_seconds_total"
MEMORY = "container_memory_working_set_bytes"
# Counts what died within a container that lives on: a container that dies takes its counter along.
OUT_OF_MEMORY = "container_oom_events_total"
ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
# Not nodes/proxy, which the API server would need: with it comes the right to run commands.
ACCESS = (
    Access(group="", resources=("nodes",), verbs=("get", "list", "watch"), tiers=()),
    Access(group="", resources=("nodes/metrics",), verbs=("get",), tiers=()),
)


def scraping(cluster: ClusterSettings) -> dict[str, Any]:
    """The job that reads every kubelet, as in Prometheus' configuration."""
    return {
        "job_name": "containers",
        "scheme": "https",
        "metrics_path": "/metrics/cadvisor",
        "kubernetes_sd_configs": [{"role": "node"}],
        "authorization": {"credentials_file": f"{ACCOUNT_FOLDER}/token"},
        "tls_config": (
            {"ca_file": f"{ACCOUNT_FOLDER}/ca.crt"}
            if cluster.kubelet_certificates == "verified"
            else {"insecure_skip_verify": True}
        ),
        # A kubelet measures at times of its own, and a rate needs those; a container that is gone
        # must be so at once all the same.
        "honor_timestamps": True,
        "track_timestamps_staleness": True,
        "relabel_configs": [
            {"source_labels": ["__meta_kubernetes_node_name"], "target_label": "node"},
        ],
        "metric_relabel_configs": [
            {
                "source_labels": ["__name__"],
                "regex": "|".join((CPU, MEMORY, OUT_OF_MEMORY)),
                "action": "keep",
            },
            {"source_labels": ["namespace"], "regex": _namespaces(cluster), "action": "keep"},
            # The sum of a pod has no container, and what holds its network is named POD.
            {"source_labels": ["container"], "regex": "|POD", "action": "drop"},
        ],
    }


def cpu_query(cluster: ClusterSettings, *, window: str) -> str:
    """PromQL: cores in use, one series for each container of a pod."""
    return _named(f"sum by (pod, container) (rate({CPU}{_ours(cluster)}[{window}]))")


def memory_query(cluster: ClusterSettings) -> str:
    """PromQL: bytes in use, one series for each container of a pod."""
    # Of a container that was started anew, the one before may be seen beside it for a moment.
    return _named(f"max by (pod, container) ({MEMORY}{_ours(cluster)})")


def out_of_memory_query(cluster: ClusterSettings) -> str:
    """PromQL: how often memory was refused, one series for each container of a pod."""
    return _named(f"sum by (pod, container) ({OUT_OF_MEMORY}{_ours(cluster)})")


def _named(query: str) -> str:
    """A container is named after its service."""
    return f'label_replace({query}, "workload", "$1", "container", "(.+)")'


def _ours(cluster: ClusterSettings) -> str:
    return f'{{namespace=~"{_namespaces(cluster)}",container!=""}}'


def _namespaces(cluster: ClusterSettings) -> str:
    """A pattern of the namespaces that our services live in, as `Namespaces` names them."""
    others = "|".join(tier.value for tier in Tier if tier is not Tier.SERVICES)
    return f"{cluster.namespace}(-({others}))?"
