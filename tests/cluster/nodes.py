"""Simulated nodes: kwok plays the kubelet of each, and says what its pods use.

Pods become ready as soon as they are scheduled, claims are bound, and jobs complete at once. What
a pod uses of CPU and memory is what the test says; metrics-server reads it as it would from a
kubelet. Nothing runs and nothing is reachable: probes, files and networks are not simulated.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from infra.toolchain import cluster
from tests.cluster.certificates import Pair
from tests.cluster.client import Client, Manifest, has_condition

__all__ = ["Usage", "are_usable", "kwok_flags", "make_nodes", "manifests_in", "prepare_kwok"]

HOST = "127.0.0.1"
PODS = "10.244.0.1/16"  # without a range, pods get the node's address, which no Service may name
ZONES = ("zone-a", "zone-b", "zone-c")
NODE = {"cpu": "32", "memory": "256Gi", "pods": "500"}
# What a pod uses that no test speaks of: metrics-server takes a zero for a pod that just started.
IDLE_CPU, IDLE_MEMORY = "1m", "1Mi"
PARALLELISM = ("nodeLeaseParallelism", "nodePlayStageParallelism", "podPlayStageParallelism")
STAGES = ("node-stages", "heartbeat", "pod-stages", "volume-stages")


def manifests_in(paths: list[Path]) -> Iterator[Manifest]:
    """Every object in files of YAML, but for kustomize's own."""
    for path in paths:
        for document in yaml.safe_load_all(path.read_text()):
            if document and document["kind"] != "Kustomization":
                yield document


def prepare_kwok(client: Client) -> None:
    """Put into the API server what kwok reads from it."""
    definitions = manifests_in(cluster.data("kwok", "crd"))
    client.define(
        each for each in definitions if each["spec"]["names"]["kind"] == "ClusterResourceUsage"
    )
    for manifest in manifests_in(cluster.data("kwok", "volume-stages")):
        if manifest["kind"] == "StorageClass":
            client.apply(manifest)


def kwok_flags(folder: Path, *, kubeconfig: Path, port: int, pair: Pair) -> list[str]:
    """Write kwok's configuration; gives the flags to start it with."""
    options = {
        "enableCRDs": ["ClusterResourceUsage"],
        "manageNodesWithAnnotationSelector": "kwok.x-k8s.io/node=fake",
        "nodeIP": HOST,
        "cidr": PODS,
        "nodePort": port,
        "serverAddress": f"{HOST}:{port}",
        "nodeLeaseDurationSeconds": 40,
        **dict.fromkeys(PARALLELISM, 4),
        "tlsCertFile": str(pair.certificate),
        "tlsPrivateKeyFile": str(pair.key),
    }
    configuration: Manifest = {
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "kind": "KwokConfiguration",
        "options": options,
    }
    documents = [configuration, *manifests_in(cluster.data("kwok", "metrics"))]
    for name in STAGES:
        found = manifests_in(cluster.data("kwok", name))
        documents += [each for each in found if each["kind"] == "Stage"]
    path = folder / "kwok.yaml"
    path.write_text(yaml.safe_dump_all(documents))
    return [f"--config={path}", f"--kubeconfig={kubeconfig}"]


def make_nodes(client: Client, count: int) -> None:
    """Nodes for kwok to play, spread over zones."""
    for number in range(count):
        name = f"node-{number}"
        labels = {
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "topology.kubernetes.io/zone": ZONES[number % len(ZONES)],
            "topology.kubernetes.io/region": "test",
        }
        annotations = {
            "kwok.x-k8s.io/node": "fake",
            # All nodes are one server here, so metrics-server needs a path for each.
            "metrics.k8s.io/resource-metrics-path": f"/metrics/nodes/{name}/metrics/resource",
        }
        metadata = {"name": name, "labels": labels, "annotations": annotations}
        status = {"allocatable": NODE, "capacity": NODE}
        node = {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "status": status}
        client.request("POST", "/api/v1/nodes", node)


def are_usable(client: Client) -> bool:
    """Whether pods can be scheduled on every node."""
    nodes = client.list("v1", "Node")
    return all(has_condition(node, "Ready") and not node["spec"].get("taints") for node in nodes)


class Usage:
    """What simulated pods use: of each container of the pods with a namespace and a name label."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._table: dict[tuple[str, str], dict[str, str]] = {}
        self._apply()

    def set(self, namespace: str, name: str, *, cpu: str, memory: str = "100Mi") -> None:
        """From now on, each pod of ``app.kubernetes.io/name: <name>`` uses this (quantities)."""
        self._table[(namespace, name)] = {"cpu": cpu, "memory": memory}
        self._apply()

    def forget(self, namespace: str) -> None:
        """Let all pods of a namespace idle again."""
        self._table = {key: value for key, value in self._table.items() if key[0] != namespace}
        self._apply()

    def _apply(self) -> None:
        idle = {"cpu": IDLE_CPU, "memory": IDLE_MEMORY}
        usage = {each: {"expression": self._expression(each, idle[each])} for each in idle}
        spec: dict[str, Any] = {"usages": [{"usage": usage}]}
        self._client.apply(
            {
                "apiVersion": "kwok.x-k8s.io/v1alpha1",
                "kind": "ClusterResourceUsage",
                "metadata": {"name": "all-pods"},
                "spec": spec,
            }
        )

    def _expression(self, resource: str, idle: str) -> str:
        """In the Common Expression Language, whose strings are written like JSON's."""
        expression = f"Quantity({json.dumps(idle)})"
        label = '"app.kubernetes.io/name"'
        for (namespace, name), used in self._table.items():
            condition = (
                f"pod.metadata.namespace == {json.dumps(namespace)}"
                f" && {label} in pod.metadata.labels"
                f" && pod.metadata.labels[{label}] == {json.dumps(name)}"
            )
            expression = f"{condition} ? Quantity({json.dumps(used[resource])}) : ({expression})"
        return expression
