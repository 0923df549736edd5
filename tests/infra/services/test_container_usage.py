"""What containers use: the job of Prometheus, and what the scaler's questions make of it.

A real Prometheus reads an exporter that answers as a kubelet does, by the product's own job; only
how a kubelet is found and trusted is left out of it.
"""

import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.kubernetes.settings import ClusterSettings
from infra.services import container_usage
from infra.services.catalogue import catalogue
from infra.settings import Settings
from scaler import contract
from scaler.adapters.prometheus import Prometheus
from scaler.records import Container, Unavailable
from tests.ports import free_port

GROUP = {"kubeconfig": "~/.kube/config", "context": "dev", "domain": "dev.example.org"}
# The first version that can be told so; an older one keeps what is gone for five minutes.
TRACKS_STALENESS = (2, 48)
CORES = {"api-1": 0.25, "api-2": 0.5}
MIB = 2**20


def cluster(**values: object) -> ClusterSettings:
    return ClusterSettings.model_validate(GROUP | values, strict=False)


def settings(**values: object) -> Settings:
    return Settings.load({"autoserve:cluster": json.dumps(GROUP | values)})


def jobs(of: Settings) -> dict[str, dict[str, Any]]:
    service = next(each for each in catalogue(of).services if each.name == "prometheus")
    document = json.loads(re.sub(r"\{\w+:\w+\}", "x", service.files["prometheus.yml"]))
    return {each["job_name"]: each for each in document["scrape_configs"]}


def scaler_environment(of: Settings) -> dict[str, str]:
    services = catalogue(of).services
    return dict(next(each.environment for each in services if each.name == "scaler"))


def test_kubelets_are_read_in_a_cluster_only_and_where_it_is_wanted() -> None:
    assert set(jobs(settings())) == {"autoserve", "containers", "prometheus"}
    assert set(jobs(settings(containerUsage=False))) == {"autoserve", "prometheus"}
    assert set(jobs(Settings())) == {"autoserve", "prometheus"}


def test_without_it_nothing_is_asked_that_nobody_can_answer() -> None:
    given = scaler_environment(settings(containerUsage=False))
    assert not any(name.startswith("SCALER_USAGE_") and "QUERY" in name for name in given)
    assert contract.USAGE_CPU_QUERY in scaler_environment(settings())


def test_a_kubelet_is_asked_directly_and_must_be_the_one_unless_told_otherwise() -> None:
    job = jobs(settings())["containers"]
    assert (job["scheme"], job["metrics_path"]) == ("https", "/metrics/cadvisor")
    assert job["tls_config"] == {"ca_file": "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"}
    trusting = jobs(settings(kubeletCertificates="unverified"))["containers"]
    assert trusting["tls_config"] == {"insecure_skip_verify": True}


class Kubelet:
    """Answers /metrics/cadvisor; time makes its counters grow."""

    def __init__(self) -> None:
        self.began = time.time()
        self.deaths = 0

    def text(self) -> str:
        now_ms = round(time.time() * 1_000)
        lines = [f"{name} {value:.17g} {now_ms}" for name, value in self._series()]
        return "\n".join([*lines, ""])

    def _series(self) -> Iterator[tuple[str, float]]:
        ran_s = time.time() - self.began
        for pod, cores in CORES.items():
            yield _series("container_cpu_usage_seconds_total", pod, cpu="total"), cores * ran_s
            yield _series("container_memory_working_set_bytes", pod), 100.0 * MIB
            yield _series("container_memory_rss", pod), 50.0 * MIB
            yield _series("container_oom_events_total", pod), float(self.deaths)
        # The container before, not yet forgotten.
        old = _series("container_memory_working_set_bytes", "api-1", container_id="old")
        yield old, 90.0 * MIB
        for container, namespace, pod in (
            ("", "autoserve", "api-1"),
            ("POD", "autoserve", "api-1"),
            ("", "", ""),
            ("api", "autoserve-two", "api-9"),
            ("coredns", "kube-system", "coredns-1"),
        ):
            for name, value in (
                ("container_cpu_usage_seconds_total", 9 * ran_s),
                ("container_memory_working_set_bytes", 900.0 * MIB),
            ):
                yield _series(name, pod, container=container, namespace=namespace), value
        data = _series(
            "container_memory_working_set_bytes",
            "postgres-0",
            container="postgres",
            namespace="autoserve-data",
        )
        yield data, 64.0 * MIB


def _series(
    name: str,
    pod: str,
    *,
    container: str = "api",
    namespace: str = "autoserve",
    container_id: str = "new",
    **more: str,
) -> str:
    """As the kubelet writes it: the labels of every series of cAdvisor."""
    labels = {
        "container": container,
        "id": f"/kubepods.slice/{pod}/{container_id}",
        "image": "ghcr.io/autoserve/api:0.1.0" if container else "",
        "name": container_id if container else "",
        "namespace": namespace,
        "pod": pod,
        **more,
    }
    return name + "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}"


@contextmanager
def served(kubelet: Kubelet) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/metrics/cadvisor" else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(kubelet.text().encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def version() -> tuple[int, ...]:
    run = subprocess.run(["prometheus", "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"version (\d+)\.(\d+)", run.stdout + run.stderr)
    assert found is not None
    return int(found[1]), int(found[2])


def job_for(port: int) -> dict[str, Any]:
    """The product's job, with this kubelet in place of those of a cluster."""
    job = container_usage.scraping(cluster())
    for field in ("scheme", "authorization", "tls_config", "kubernetes_sd_configs"):
        del job[field]
    if version() < TRACKS_STALENESS:
        del job["track_timestamps_staleness"]
    return {**job, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}


@contextmanager
def prometheus(folder: Path, job: dict[str, Any]) -> Iterator[str]:
    document = {"global": {"scrape_interval": "1s"}, "scrape_configs": [job]}
    (folder / "prometheus.yml").write_text(json.dumps(document))
    address = f"127.0.0.1:{free_port()}"
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(20)


def read_until(source: Prometheus, query: str, expected: dict[tuple[Container, str], Any]) -> None:
    """Ask again and again: it starts, it scrapes, a rate needs some of both."""
    deadline = time.monotonic() + 60
    while True:
        found = None
        with suppress(Unavailable):
            usages = source.usages(query)
            found = {(each.container, each.instance): each.value for each in usages}
            if found == expected:
                return
        assert time.monotonic() < deadline, f"{query}: {found}"
        time.sleep(0.2)


API = Container(workload="api", name="api")
POSTGRES = Container(workload="postgres", name="postgres")


@pytest.mark.skipif(not shutil.which("prometheus"), reason="there is no prometheus on PATH")
def test_the_scaler_reads_from_it_what_each_of_our_containers_uses(tmp_path: Path) -> None:
    kubelet, on = Kubelet(), cluster()
    with (
        served(kubelet) as port,
        prometheus(tmp_path, job_for(port)) as url,
    ):
        source = Prometheus(url, timeout_s=5.0)
        try:
            of_api = [(API, pod) for pod in CORES]
            cpu = {(API, pod): pytest.approx(cores, rel=0.2) for pod, cores in CORES.items()}
            read_until(source, container_usage.cpu_query(on, window="5s"), cpu)
            memory = dict.fromkeys(of_api, 100.0 * MIB)
            memory[POSTGRES, "postgres-0"] = 64.0 * MIB
            read_until(source, container_usage.memory_query(on), memory)
            deaths = container_usage.out_of_memory_query(on)
            read_until(source, deaths, dict.fromkeys(of_api, 0.0))
            kubelet.deaths = 2
            read_until(source, deaths, dict.fromkeys(of_api, 2.0))
        finally:
            source.close()
        kept = httpx.get(
            f"{url}/api/v1/label/__name__/values",
            params={"match[]": '{job="containers",container=~".*",__name__=~"container_.*"}'},
            trust_env=False,
        ).json()["data"]
        assert kept == [
            "container_cpu_usage_seconds_total",
            "container_memory_working_set_bytes",
            "container_oom_events_total",
        ]
        others = httpx.get(f"{url}/api/v1/label/namespace/values", trust_env=False).json()["data"]
        assert others == ["autoserve", "autoserve-data"]
