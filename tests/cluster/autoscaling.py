"""What scales in the test cluster: metrics-server, KEDA and a Prometheus, the real programs.

They run as processes beside the API server, each as its own service account with the roles that its
project gives it. The API server reaches them by Services of type ExternalName on this machine.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.toolchain import cluster
from tests.cluster.client import Client, Manifest, has_condition
from tests.cluster.control_plane import ControlPlane
from tests.cluster.definitions import install_definitions
from tests.cluster.nodes import HOST, manifests_in
from tests.cluster.prometheus import Prometheus
from tests.cluster.waiting import wait_for
from tests.ports import free_port

__all__ = ["Autoscaling", "autoscaling"]

READY_S = 60.0
ROLES = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ServiceAccount")
KEDA = "keda"
METRICS_NAMESPACE = "kube-system"


class Autoscaling:
    """metrics-server, KEDA's operator and adapter, and Prometheus; `start` waits for all four."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self.prometheus = Prometheus(plane.folder, plane.processes)
        self.usage = plane.usage

    @property
    def admin(self) -> Client:
        return self._plane.admin

    def start(self) -> None:
        self.prometheus.start()
        self._start_metrics_server()
        self._start_keda()
        for name in ("v1beta1.metrics.k8s.io", "v1beta1.external.metrics.k8s.io"):
            self._wait_until_served(name)

    def stop(self) -> None:
        """Let go of what is ours; the processes are the control plane's and end with it."""
        self.prometheus.stop()

    def _wait_until_served(self, name: str) -> None:
        def service() -> Manifest:
            self._plane.processes.check()
            return self.admin.get("apiregistration.k8s.io/v1", "APIService", name)

        wait_for(
            f"{name} is served",
            lambda: has_condition(service(), "Available"),
            timeout_s=READY_S,
            seen=lambda: service().get("status"),
        )

    def _start_metrics_server(self) -> None:
        self._apply_roles("metrics-server", "roles")
        kubeconfig = self._plane.account_kubeconfig(METRICS_NAMESPACE, "metrics-server")
        port = free_port()
        folder = self._certificates("metrics-server", METRICS_NAMESPACE)
        self._plane.processes.start(
            "metrics-server",
            cluster.program("metrics-server"),
            *_serving_flags(folder, kubeconfig, port),
            f"--kubeconfig={kubeconfig}",
            "--kubelet-preferred-address-types=InternalIP",
            "--kubelet-use-node-status-port",
            f"--kubelet-certificate-authority={folder / 'ca.crt'}",
            "--metric-resolution=10s",  # the least it takes
            "--kubelet-request-timeout=2s",
        )
        self._register(
            "metrics.k8s.io", service="metrics-server", namespace=METRICS_NAMESPACE, port=port
        )

    def _start_keda(self) -> None:
        install_definitions(self.admin, "keda")
        self.admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": KEDA}})
        for name in ("account", "operator-roles", "adapter-roles"):
            self._apply_roles("keda", name)
        kubeconfig = self._plane.account_kubeconfig(KEDA, "keda-operator")
        folder = self._certificates("keda-metrics-apiserver", KEDA)
        metrics, port = f"{HOST}:{free_port()}", free_port()
        environment = {
            "KUBECONFIG": str(kubeconfig),
            "POD_NAMESPACE": KEDA,
            "KEDA_CLUSTER_OBJECT_NAMESPACE": KEDA,
            "WATCH_NAMESPACE": "",
            # There is no DNS of the cluster: whichever name a trigger has, Prometheus answers.
            "HTTP_PROXY": self.prometheus.url,
        }
        self._plane.processes.start(
            "keda-operator",
            cluster.program("keda-operator"),
            f"--metrics-bind-address={HOST}:{free_port()}",
            f"--health-probe-bind-address={HOST}:{free_port()}",
            f"--metrics-service-bind-address={metrics}",
            f"--cert-dir={folder}",
            f"--ca-dir={folder}",
            environment=environment,
        )
        self._plane.processes.start(
            "keda-adapter",
            cluster.program("keda-adapter"),
            *_serving_flags(folder, kubeconfig, port),
            f"--lister-kubeconfig={kubeconfig}",
            f"--cert-dir={folder}",
            f"--metrics-service-address={metrics}",
            f"--port={free_port()}",
            environment=environment,
        )
        self._register(
            "external.metrics.k8s.io",
            service="keda-metrics-apiserver",
            namespace=KEDA,
            port=port,
        )

    def _apply_roles(self, part: str, name: str) -> None:
        for manifest in manifests_in(cluster.data(part, name)):
            if manifest["kind"] in ROLES:
                self.admin.apply(manifest, force=True)

    def _certificates(self, service: str, namespace: str) -> Path:
        """A folder with what a server needs, under the names that Kubernetes gives such files."""
        hosts = [HOST, "localhost", f"{service}.{namespace}.svc"]
        pair = self._plane.authority.issue(service, hosts=hosts)
        folder = self._plane.folder / service
        folder.mkdir()
        pair.certificate.rename(folder / "tls.crt")
        pair.key.rename(folder / "tls.key")
        (folder / "ca.crt").write_bytes(self._plane.authority.certificate.read_bytes())
        return folder

    def _register(self, group: str, *, service: str, namespace: str, port: int) -> None:
        """Have the API server pass a group of APIs on to a port of this machine."""
        authority = self._plane.authority.certificate.read_bytes()
        self.admin.apply(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": service, "namespace": namespace},
                "spec": {"type": "ExternalName", "externalName": "localhost"},
            }
        )
        self.admin.apply(
            {
                "apiVersion": "apiregistration.k8s.io/v1",
                "kind": "APIService",
                "metadata": {"name": f"v1beta1.{group}"},
                "spec": {
                    "group": group,
                    "version": "v1beta1",
                    "groupPriorityMinimum": 100,
                    "versionPriority": 100,
                    "caBundle": base64.b64encode(authority).decode(),
                    "service": {"name": service, "namespace": namespace, "port": port},
                },
            }
        )


def _serving_flags(folder: Path, kubeconfig: Path, port: int) -> list[str]:
    return [
        f"--bind-address={HOST}",
        f"--secure-port={port}",
        f"--tls-cert-file={folder / 'tls.crt'}",
        f"--tls-private-key-file={folder / 'tls.key'}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
    ]


@contextmanager
def autoscaling(plane: ControlPlane) -> Iterator[Autoscaling]:
    """The autoscaling of a control plane that runs."""
    found = Autoscaling(plane)
    try:
        found.start()
        yield found
    finally:
        found.stop()
