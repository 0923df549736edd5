"""Prometheus: scrapes every replica of every service, and answers the scaler and the dashboard."""

import json
from collections.abc import Iterator
from typing import Any

from infra.services import container_usage
from infra.services.description import Access, Port, Probe, Service, State, Tier
from infra.settings import Settings

__all__ = ["NAME", "RELEASE_LABEL", "TARGETS_FILE", "prometheus", "release_query"]

NAME = "prometheus"
TARGETS_FILE = "targets.json"  # in its etc folder; written by who knows the replicas
# On every series of a replica: of which code it is. What it says is opaque; a release changes it.
RELEASE_LABEL = "release"


def prometheus(settings: Settings) -> Service:
    interval_ms = round(settings.data.scrape_interval_s * 1_000 / settings.time_factor)
    storage = settings.cluster.storage.prometheus_gib if settings.cluster else 0
    # JSON is YAML too, and needs no library to be written right.
    configuration = {
        "global": {
            "scrape_interval": f"{interval_ms}ms",
            "scrape_timeout": f"{min(interval_ms, 10_000)}ms",
        },
        "scrape_configs": [
            _pods(settings.cluster.namespace) if settings.cluster else _processes(),
            *_kubelets(settings),
            {
                "job_name": NAME,
                "static_configs": [
                    {
                        "targets": ["127.0.0.1:{port:http}"],
                        "labels": {"service": NAME, "replica": "0"},
                    }
                ],
            },
        ],
    }
    return Service(
        name=NAME,
        title="Prometheus, metrics of every replica",
        command=(
            "prometheus",
            "--config.file={dir:etc}/prometheus.yml",
            "--storage.tsdb.path={dir:data}",
            f"--storage.tsdb.retention.time={settings.data.retention_days}d",
            "--web.listen-address={listen}:{port:http}",
            "--log.level=warn",
        ),
        ports=(Port(name="http", number=9090),),
        probe=Probe(port="http", path="/-/ready"),
        files={"prometheus.yml": json.dumps(configuration, indent=2) + "\n"},
        state=State.DATA,
        reload_signal="HUP",
        liveness="/-/healthy",
        tier=Tier.OBSERVABILITY,
        image="prometheus",
        account=65_534,
        resources=settings.resources.prometheus,
        volume_gib=storage,
        access=_access(settings),
    )


def release_query(service: str) -> str:
    """PromQL with one series for each release of a service that runs."""
    return f'count by ({RELEASE_LABEL}) (up{{service="{service}"}} == 1)'


def _access(settings: Settings) -> tuple[Access, ...]:
    """To find what it scrapes."""
    if settings.cluster is None:
        return ()
    pods = Access(group="", resources=("pods",), verbs=("get", "list", "watch"))
    return (pods, *(container_usage.ACCESS if settings.cluster.container_usage else ()))


def _kubelets(settings: Settings) -> Iterator[dict[str, Any]]:
    """What containers use; on one machine the agent tells it of processes."""
    if settings.cluster and settings.cluster.container_usage:
        yield container_usage.scraping(settings.cluster)


def _processes() -> dict[str, object]:
    """The replicas of the local stack, as its agent lists them."""
    return {
        "job_name": "autoserve",
        "file_sd_configs": [{"files": [f"{{dir:etc}}/{TARGETS_FILE}"], "refresh_interval": "30s"}],
    }


def _pods(namespace: str) -> dict[str, object]:
    """Every ready pod of ours that has a port named metrics; the labels are those of `_processes`.

    A pod that is not ready is scraped as well: its figures say why.
    """
    prefix = "__meta_kubernetes_pod"
    return {
        "job_name": "autoserve",
        "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": [namespace]}}],
        "relabel_configs": [
            {
                "source_labels": [f"{prefix}_container_port_name"],
                "regex": "metrics",
                "action": "keep",
            },
            # A pod that ended keeps its address for a while.
            {"source_labels": [f"{prefix}_phase"], "regex": "Succeeded|Failed", "action": "drop"},
            {
                "source_labels": [f"{prefix}_label_app_kubernetes_io_name"],
                "target_label": "service",
            },
            {"source_labels": [f"{prefix}_name"], "target_label": "replica"},
            # The one is a Deployment's, the other a Rollout's; a pod has one of them.
            {
                "source_labels": [
                    f"{prefix}_label_pod_template_hash",
                    f"{prefix}_label_rollouts_pod_template_hash",
                ],
                "separator": "",
                "target_label": RELEASE_LABEL,
            },
        ],
    }
