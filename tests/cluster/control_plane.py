"""A control plane of Kubernetes on this machine: the real programs, simulated nodes, loopback only.

``running()`` starts one in a temporary folder and leaves nothing: neither processes, which the
kernel ends should the tests be killed, nor folders, which the next start removes in that case.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from infra.toolchain import cluster
from tests.cluster.certificates import Authority, make_signing_key
from tests.cluster.client import ApiError, Client
from tests.cluster.kubeconfig import write_kubeconfig
from tests.cluster.nodes import (
    HOST,
    Usage,
    are_usable,
    kwok_flags,
    make_nodes,
    prepare_kwok,
)
from tests.cluster.processes import Processes
from tests.cluster.waiting import wait_for
from tests.ports import free_port

__all__ = ["START_S", "ControlPlane", "running"]

START_S = 60.0  # to give up; it takes less than 15 s
PREFIX = "autoserve-cluster-"
TOKEN_S = 24 * 3600
ISSUER = "https://kubernetes.default.svc"
# Seconds instead of minutes, so that tests see the autoscaler's answer soon.
AUTOSCALER = {
    "horizontal-pod-autoscaler-sync-period": "1s",
    "horizontal-pod-autoscaler-cpu-initialization-period": "1s",
    "horizontal-pod-autoscaler-initial-readiness-delay": "1s",
}


class ControlPlane:
    """etcd, API server, controllers, scheduler and kwok; made here, started by `start`."""

    admin: Client
    usage: Usage

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes = Processes(folder)
        self.authority = Authority(folder, "test-cluster")
        self.server = f"https://{HOST}:{free_port()}"
        self.kubeconfig = folder / "admin.kubeconfig"
        self._clients: list[Client] = []

    def start(self, *, nodes: int = 3) -> None:
        """Start everything and wait until pods can run.

        Raises:
            NotInstalledError: a program is not built yet.
            ClusterError: a program died, or it was not ready in time.
        """
        self._write_certificates()
        etcd = self._start_etcd()
        self._start_api_server(etcd)
        self.admin = self._client(pair=self._admin)
        self._wait_for_api_server()
        prepare_kwok(self.admin)
        self.usage = Usage(self.admin)
        make_nodes(self.admin, nodes)
        self._start_controllers()
        self._wait_for("all nodes are usable", lambda: are_usable(self.admin))
        self._wait_for_account("default", "default")

    def stop(self) -> None:
        """End every process and connection; the folder stays for who made it."""
        self.processes.stop_all()
        for client in self._clients:
            client.close()
        self._clients.clear()

    def account(self, namespace: str, name: str) -> Client:
        """A client that is a service account, by a token that the API server gave for it."""
        return self._client(token=self._token(namespace, name))

    def account_kubeconfig(self, namespace: str, name: str, *, port: int = 0) -> Path:
        """A kubeconfig file of a service account; ``port`` is of another way to the server."""
        server = f"https://{HOST}:{port}" if port else self.server
        return write_kubeconfig(
            self.folder / f"{namespace}-{name}-{port}.kubeconfig",
            server=server,
            authority=self.authority.certificate,
            token=self._token(namespace, name),
        )

    def _client(self, **credentials: object) -> Client:
        client = Client(self.server, self.authority.certificate, **credentials)  # type: ignore[arg-type] # Client's own
        self._clients.append(client)
        return client

    def _token(self, namespace: str, name: str) -> str:
        self._wait_for_account(namespace, name)
        path = self.admin.path("v1", "ServiceAccount", name, namespace) + "/token"
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
        found = self.admin.request("POST", path, body | {"spec": {"expirationSeconds": TOKEN_S}})
        return str(found["status"]["token"])

    def _wait_for_account(self, namespace: str, name: str) -> None:
        self._wait_for(
            f"service account {name} is in {namespace}",
            lambda: self.admin.find("v1", "ServiceAccount", name, namespace) is not None,
        )

    def _write_certificates(self) -> None:
        hosts = [HOST, "localhost", "kubernetes.default.svc", "10.96.0.1"]
        self._serving = self.authority.issue("serving", hosts=hosts)
        self._admin = self.authority.issue("admin", groups=["system:masters"])
        # Its own authority: whoever has its certificates may claim to be anybody (aggregation).
        self._front_authority = Authority(self.folder, "front-proxy")
        self._front = self._front_authority.issue("front-proxy-client")
        make_signing_key(self.folder / "accounts.key")
        write_kubeconfig(
            self.kubeconfig,
            server=self.server,
            authority=self.authority.certificate,
            pair=self._admin,
        )

    def _start_etcd(self) -> str:
        address, peer = (f"https://{HOST}:{free_port()}" for _ in range(2))
        ca = self.authority.certificate
        self.processes.start(
            "etcd",
            cluster.program("etcd"),
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={address}",
            f"--advertise-client-urls={address}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            f"--cert-file={self._serving.certificate}",
            f"--key-file={self._serving.key}",
            "--client-cert-auth",
            f"--trusted-ca-file={ca}",
            f"--peer-cert-file={self._serving.certificate}",
            f"--peer-key-file={self._serving.key}",
            f"--peer-trusted-ca-file={ca}",
            "--peer-client-cert-auth",
            "--unsafe-no-fsync",  # nothing of it is kept
            "--log-level=error",
        )
        return address

    def _start_api_server(self, etcd: str) -> None:
        key = self.folder / "accounts.key"
        ca = self.authority.certificate
        self.processes.start(
            "kube-apiserver",
            cluster.program("kube-apiserver"),
            f"--bind-address={HOST}",
            f"--advertise-address={HOST}",
            f"--secure-port={httpx.URL(self.server).port}",
            "--endpoint-reconciler-type=none",  # a loopback address may not be in an endpoint
            f"--tls-cert-file={self._serving.certificate}",
            f"--tls-private-key-file={self._serving.key}",
            f"--client-ca-file={ca}",
            f"--etcd-servers={etcd}",
            f"--etcd-cafile={ca}",
            f"--etcd-certfile={self._admin.certificate}",
            f"--etcd-keyfile={self._admin.key}",
            "--anonymous-auth=false",
            "--authorization-mode=Node,RBAC",
            "--allow-privileged=true",  # as in every cluster: it is Pod Security that refuses
            # Pod Security and the admission policies are on without being named.
            "--enable-admission-plugins=NodeRestriction",
            f"--service-account-issuer={ISSUER}",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.96.0.0/16",
            f"--requestheader-client-ca-file={self._front_authority.certificate}",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={self._front.certificate}",
            f"--proxy-client-key-file={self._front.key}",
        )

    def _wait_for_api_server(self) -> None:
        def ready() -> bool:
            try:
                self.admin.request("GET", "/readyz")
            except (ApiError, httpx.TransportError):
                return False
            return True

        self._wait_for("the API server is ready", ready)

    def _wait_for(self, what: str, look: Callable[[], bool]) -> None:
        def look_at_all() -> bool:
            self.processes.check()
            return look()

        wait_for(what, look_at_all, timeout_s=START_S)

    def _start_controllers(self) -> None:
        common = (
            f"--kubeconfig={self.kubeconfig}",
            f"--bind-address={HOST}",
            "--leader-elect=false",
            f"--tls-cert-file={self._serving.certificate}",
            f"--tls-private-key-file={self._serving.key}",
        )
        self.processes.start(
            "kube-controller-manager",
            cluster.program("kube-controller-manager"),
            *common,
            f"--secure-port={free_port()}",
            # Each controller as its own account, so that its real rights hold.
            "--use-service-account-credentials=true",
            f"--service-account-private-key-file={self.folder / 'accounts.key'}",
            f"--root-ca-file={self.authority.certificate}",
            *(f"--{name}={value}" for name, value in AUTOSCALER.items()),
        )
        scheduler = cluster.program("kube-scheduler")
        self.processes.start("kube-scheduler", scheduler, *common, f"--secure-port={free_port()}")
        flags = kwok_flags(
            self.folder, kubeconfig=self.kubeconfig, port=free_port(), pair=self._serving
        )
        self.processes.start("kwok", cluster.program("kwok"), *flags)


@contextmanager
def running(*, nodes: int = 3) -> Iterator[ControlPlane]:
    """A control plane that runs, in a folder that is removed at the end."""
    _remove_left_overs()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    plane = ControlPlane(folder)
    try:
        plane.start(nodes=nodes)
        yield plane
    finally:
        plane.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _remove_left_overs() -> None:
    """Remove folders of tests that were killed; their processes died with them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
