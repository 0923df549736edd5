"""The real scaler as a process, in a namespace of the test cluster, with its own account's rights.

Its steps are a second long, so that a day of the load is a minute and a fit takes seconds.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from infra.services import scaler as description
from infra.services import worker
from infra.services.description import Access
from infra.settings import Settings
from scaler import contract
from tests.cluster.client import Manifest
from tests.cluster.waiting import wait_for
from tests.ports import free_port

__all__ = [
    "ACCOUNT",
    "DAY_S",
    "FLOOR_TTL_S",
    "FORECAST_S",
    "LEASE_S",
    "REAPER",
    "TICK_S",
    "Scaler",
    "declared_access",
    "rules_of",
    "run_reaper",
    "scaler_process",
]

ROOT = Path(__file__).parents[2]
ACCOUNT, REAPER = description.NAME, description.REAPER
TOKEN = "a-token-of-the-tests"
TICK_S = 1.0
LEASE_S = 10.0
FLOOR_TTL_S = 20.0
DAY_S = 60.0
HISTORY_S = 10 * DAY_S
# A process that imports scikit-learn, reads its history and fits, on a machine that is busy.
START_S, FORECAST_S = 90.0, 150.0
STOP_S = 30.0
DURATIONS = {
    contract.TICK_S: TICK_S,
    contract.STEP_S: 1.0,
    contract.HORIZON_S: 12.0,
    contract.STARTUP_S: 5.0,
    contract.STABILIZATION_S: 10.0,
    contract.FLOOR_TTL_S: FLOOR_TTL_S,
    contract.MIN_HISTORY_S: 4 * DAY_S,
    contract.MAX_HISTORY_S: HISTORY_S,
    contract.REFIT_S: 3_600.0,
    contract.SEASON_S: 7 * DAY_S,
    contract.LEASE_S: LEASE_S,
}
# Of this machine, only what a program needs: no proxy, nobody's kubeconfig.
KEPT = ("PATH", "LANG", "TZ", "HOME")
NOWHERE = "postgresql://scaler@127.0.0.1:9/autoserve"


class Scaler:
    """One process of it."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        self._base = f"http://127.0.0.1:{environment[contract.HTTP_PORT]}"
        self._metrics = f"http://127.0.0.1:{environment[contract.METRICS_PORT]}"
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "scaler.main"],
                env=dict(environment),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged."""
        found = self._log.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in found if line.startswith("{")]

    def logged(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] == event]

    def get(self, path: str) -> Any:
        """An answer of its API; nothing while it does not answer."""
        try:
            answer = httpx.get(self._base + path, trust_env=False, timeout=5)
        except httpx.TransportError:
            return None
        return answer.json() if answer.is_success else None

    def post(self, path: str, **body: Any) -> Any:
        """What it answers to a change."""
        headers = {"authorization": f"Bearer {TOKEN}"}
        body = {"actor": "test", "reason": "a test", **body}
        answer = httpx.post(
            self._base + path, json=body, headers=headers, trust_env=False, timeout=20
        )
        answer.raise_for_status()
        return answer.json()

    def workload(self, name: str = "web") -> dict[str, Any]:
        found = self.get(contract.WORKLOADS_PATH) or []
        return next((each for each in found if each["name"] == name), {})

    def metric(self, name: str, **labels: str) -> float | None:
        """A series that it exports now, by name and labels."""
        try:
            text = httpx.get(self._metrics + contract.METRICS_PATH, trust_env=False, timeout=5).text
        except httpx.TransportError:
            return None
        for line in text.splitlines():
            match = re.match(rf"{name}(?:\{{(.*)\}})? (\S+)$", line)
            if match and all(f'{k}="{v}"' in (match[1] or "") for k, v in labels.items()):
                return float(match[2])
        return None

    @property
    def is_writer(self) -> bool:
        return self.metric(contract.WRITER) == 1

    def floor(self, workload: str = "web") -> float | None:
        return self.metric(contract.FLOOR_REPLICAS, workload=workload)

    def wait_until_started(self) -> None:
        wait_for(
            "the scaler ticks",
            lambda: self.metric(contract.WRITER) is not None and self.get(contract.WORKLOADS_PATH),
            timeout_s=START_S,
            seen=self._tail,
        )

    def wait_for_forecast(self, name: str = "web") -> None:
        wait_for(
            "there is a forecast",
            lambda: self.workload(name).get("forecast", {}).get("status") == "ready",
            timeout_s=FORECAST_S,
            seen=lambda: (self.workload(name).get("forecast"), self._tail()),
        )

    def freeze(self) -> None:
        """Let it stand still, as a node that is overloaded does."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it as Kubernetes does; its exit code."""
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        return self.process.wait(STOP_S)

    def _tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-8:])


def rules_of(access: tuple[Access, ...]) -> list[Manifest]:
    """The rules of a Role that gives just this."""
    return [
        {
            "apiGroups": [each.group],
            "resources": list(each.resources),
            "verbs": list(each.verbs),
            **({"resourceNames": list(each.names)} if each.names else {}),
        }
        for each in access
    ]


def declared_access(
    scaling: str, *names: str, vertical: str = "recommend"
) -> dict[str, tuple[Access, ...]]:
    """What the program gives the scaler and its reaper where these workloads are scaled."""
    cluster = {"kubeconfig": "k", "context": "c", "domain": "d.example", "scaling": scaling}
    groups = {"cluster": cluster, "scaler": {"vertical": vertical}}
    settings = Settings.load({f"autoserve:{name}": json.dumps(v) for name, v in groups.items()})
    scaled = [replace(worker.worker(settings), name=name) for name in names]
    (reaper,) = description.jobs(settings, scaled) or (None,)
    return {
        ACCOUNT: description.scaler(settings, scaled).access,
        REAPER: reaper.access if reaper else (),
    }


@contextmanager
def scaler_process(
    folder: Path,
    name: str,
    *,
    kubeconfig: Path,
    namespace: str,
    prometheus_url: str,
    database_url: str = NOWHERE,
    changes: Mapping[str, str],
) -> Iterator[Scaler]:
    """A scaler that runs; killed at the end if it still does."""
    environment = {
        **{key: os.environ[key] for key in KEPT if key in os.environ},
        "OMP_NUM_THREADS": "1",
        contract.HTTP_PORT: str(free_port()),
        contract.METRICS_PORT: str(free_port()),
        contract.DATABASE_URL: database_url,
        contract.PROMETHEUS_URL: prometheus_url,
        contract.TOKEN: TOKEN,
        contract.MODE: "enforce",
        contract.SINK: "kubernetes",
        contract.NAMESPACE: namespace,
        contract.KUBECONFIG: str(kubeconfig),
        contract.WORKLOADS: "[]",
        **{name: f"{seconds:g}" for name, seconds in DURATIONS.items()},
        **changes,
    }
    scaler = Scaler(environment, folder / f"{name}.log")
    try:
        yield scaler
    finally:
        if scaler.is_alive:
            scaler.kill()


def run_reaper(kubeconfig: Path, namespace: str) -> subprocess.CompletedProcess[str]:
    """The reaper's job, once."""
    environment = {
        **{key: os.environ[key] for key in KEPT if key in os.environ},
        contract.KUBECONFIG: str(kubeconfig),
        contract.NAMESPACE: namespace,
    }
    return subprocess.run(
        [sys.executable, "-m", "scaler.reaper"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )
