"""A Prometheus whose series the test controls: it scrapes exporters of ours every second."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import yaml

from infra.toolchain.tools import find_program
from tests.cluster.processes import Processes
from tests.cluster.waiting import wait_for
from tests.ports import free_port

__all__ = ["Exporter", "Prometheus"]

HOST = "127.0.0.1"
START_S = 20.0


class Exporter:
    """A process that would export series; here a thread. It can be stopped and started again."""

    def __init__(self) -> None:
        self.port = free_port()
        self._series: dict[str, float] = {}
        self._server: ThreadingHTTPServer | None = None

    def set(self, series: str, value: float) -> None:
        """Export a series, written as in the text format: ``name{label="value"}``."""
        self._series = {**self._series, series: value}

    def remove(self, series: str) -> None:
        """Export it no longer; the others stay."""
        self._series = {name: value for name, value in self._series.items() if name != series}

    def clear(self) -> None:
        self._series = {}

    def start(self) -> None:
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(exporter.text().encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((HOST, self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections, as a dead process does."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def text(self) -> str:
        return "".join(f"{name} {value:.17g}\n" for name, value in self._series.items())


class Prometheus:
    """The real program, and two exporters: the services', and the scaler's, which may die."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        self._folder, self._processes = folder, processes
        self.url = f"http://{HOST}:{free_port()}"
        self.services, self.scaler = Exporter(), Exporter()

    def start(self) -> None:
        for exporter in (self.services, self.scaler):
            exporter.start()
        targets = {"services": self.services, "scaler": self.scaler}
        jobs = [
            {
                "job_name": name,
                "honor_labels": True,  # a test may say whose series it is
                "static_configs": [{"targets": [f"{HOST}:{exporter.port}"]}],
            }
            for name, exporter in targets.items()
        ]
        interval = {"scrape_interval": "1s", "scrape_timeout": "1s"}
        document = {"global": interval, "scrape_configs": jobs}
        (self._folder / "prometheus.yml").write_text(yaml.safe_dump(document))
        self.run()

    def run(self) -> None:
        """Run the program: the first time, or again after `kill`."""
        self._processes.start(
            "prometheus",
            find_program("prometheus"),
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'prometheus'}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
            "--log.level=warn",
        )
        wait_for("Prometheus scrapes", lambda: len(self.values("up == 1")) == 2, timeout_s=START_S)

    def kill(self) -> None:
        """End the program; what it stored stays for the next `run`."""
        self._processes.stop("prometheus")

    def stop(self) -> None:
        for exporter in (self.services, self.scaler):
            exporter.stop()

    def values(self, query: str) -> list[float]:
        """What a query gives now; nothing while it does not answer."""
        self._processes.check()
        try:
            answer = httpx.get(
                f"{self.url}/api/v1/query", params={"query": query}, trust_env=False, timeout=5
            )
        except httpx.TransportError:
            return []
        found = answer.json().get("data", {}).get("result", [])
        return [float(each["value"][1]) for each in found]
