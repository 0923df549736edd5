"""A whole platform of this clone for tests: a stack, a state folder and ports of its own.

A platform of the clone that is up is not touched. The stack's settings file lies in ``stacks`` for
as long as the tests run, because that is where the engine and ``autoserve`` look for it. Ends only
what it started.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml

from infra.local.ports import ports_of, span
from infra.local.replicas import Replica
from infra.local.state import STATE_DIR, StackPaths, state_paths
from infra.local.supervision import Supervision
from infra.local.supervisord import SupervisorError
from infra.services.catalogue import catalogue
from infra.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
UP_S = 240.0
HOST = "127.0.0.1"

# Short leases, so that what a killed worker held is taken up again within a test.
SETTINGS: dict[str, Any] = {
    "autoserve:scaler": {"startupS": 20},
    "autoserve:worker": {"leaseS": 4.0, "backoffS": 0.2},
}


def free_base() -> int:
    """A first port such that all ports of a platform are free."""
    settings = Settings.load({})
    wanted = span(ports_of(catalogue(settings).services, base=settings.port_base))
    count = len(wanted) + 8  # the agent's stand behind those of the services
    for base in range(21_000 + os.getpid() % 50 * 150, 31_000, 150):
        if all(_is_free(base + offset) for offset in range(count)):
            return base
    raise RuntimeError("no free range of ports between 21000 and 31000")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def until(
    condition: Callable[[], Any], *, timeout_s: float, what: str, pause_s: float = 0.1
) -> Any:
    """Poll until a condition is truthy and return it; the failure says what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"after {timeout_s:g} s still not: {what}")
        time.sleep(pause_s)
    return found


@dataclass
class LivePlatform:
    """One stack of this clone. Made without starting anything; `up` brings it up."""

    name: str
    state: Path
    base: int
    values: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def create(cls, label: str, **values: Any) -> "LivePlatform":
        state = Path(tempfile.mkdtemp(prefix=f"as-{label}-"))
        state.chmod(0o755)  # data services run as another user than root
        platform = cls(f"test-{label}-{os.getpid()}", state, free_base(), SETTINGS | values)
        platform.configure()
        return platform

    @property
    def settings_file(self) -> Path:
        return ROOT / "stacks" / f"Pulumi.{self.name}.yaml"

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.base}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "AUTOSERVE_"))}
        return kept | {STATE_DIR: str(self.state)}

    @property
    def paths(self) -> StackPaths:
        return state_paths(environment=self.environment).stack(self.name)

    @property
    def supervision(self) -> Supervision:
        return Supervision(self.paths)

    def configure(self, **values: Any) -> None:
        """Write the settings file: what the platform was made with, and these on top."""
        document = {"autoserve:portBase": str(self.base)} | self.values | values
        salt = [
            line
            for line in (
                self.settings_file.read_text() if self.settings_file.exists() else ""
            ).splitlines()
            if line.startswith("encryptionsalt:")
        ]
        text = yaml.safe_dump({"config": document}, sort_keys=False)
        self.settings_file.write_text(text + "".join(f"{line}\n" for line in salt))

    def command(self, *arguments: str) -> list[str]:
        program = Path(sys.executable).parent / "autoserve"
        return [str(program), *arguments, "--stack", self.name]

    def autoserve(
        self, *arguments: str, timeout_s: float = UP_S
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of ``autoserve`` to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of ``autoserve``; the caller waits for it."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a bare ``pulumi`` command in the environment that ``autoserve env`` prints."""
        printed = self.autoserve("env", "--json", timeout_s=60)
        assert printed.returncode == 0, printed.stderr
        return subprocess.run(
            ["pulumi", *arguments, "--stack", self.name, "--non-interactive"],
            cwd=ROOT,
            env=self.environment | json.loads(printed.stdout),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=UP_S,
            check=False,
        )

    def up(self) -> dict[str, Any]:
        done = self.autoserve("up", "--json")
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{self.last_log_lines()}"
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def down(self) -> None:
        """Stop it and remove all it left."""
        try:
            done = self.autoserve("down", "--delete-data", "--yes")
            assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        finally:
            self.remove()

    def remove(self) -> None:
        """End what of it still runs, and delete its folders and its settings file."""
        with suppress(Exception):
            self.supervision.daemon.stop()
        self.settings_file.unlink(missing_ok=True)
        run = self.paths.run
        shutil.rmtree(self.state, ignore_errors=True)
        if not run.is_relative_to(self.state):
            shutil.rmtree(run, ignore_errors=True)

    def last_log_lines(self, count: int = 5) -> str:
        logs = sorted(self.paths.logs.glob("*.log")) if self.paths.logs.is_dir() else []
        return "\n".join(
            f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-count:])
            for log in logs
        )

    def replicas(self) -> dict[str, Replica]:
        """Every replica that should run, by its name."""
        return {
            replica.name: replica
            for service in self.supervision.services()
            for replica in service.replicas
            if replica.replica < service.desired
        }

    def not_ready(self) -> dict[str, str]:
        """Why each replica that is not ready is not."""
        supervision = self.supervision
        problems = {
            name: supervision.problem_of(replica) for name, replica in self.replicas().items()
        }
        return {name: problem for name, problem in problems.items() if problem}

    def wait_healthy(self, timeout_s: float = 30.0) -> None:
        deadline = time.monotonic() + timeout_s
        while problems := self._problems():
            if time.monotonic() > deadline:
                pytest.fail(f"after {timeout_s:g} s still not ready: {problems}")
            time.sleep(0.2)

    def _problems(self) -> Mapping[str, str]:
        try:
            return self.not_ready() if self.replicas() else {"platform": "nothing is recorded"}
        except (OSError, SupervisorError) as exc:
            return {"platform": str(exc)}

    def processes(self) -> list[psutil.Process]:
        """Every process of the stack: what its supervisor runs, and what names its folder."""
        found: dict[int, psutil.Process] = {}
        pid = self.supervision.daemon.recorded_pid()
        if pid is not None:
            with suppress(psutil.NoSuchProcess):
                supervisor = psutil.Process(pid)
                for process in (supervisor, *supervisor.children(recursive=True)):
                    found[process.pid] = process
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                words = " ".join([*process.cmdline(), *_state_of(process)])
                if str(self.state) in words and process.pid != os.getpid():
                    found[process.pid] = process
        return list(found.values())

    def listeners(self) -> dict[int, list[int]]:
        """Pids that listen on each port of the stack."""
        found: dict[int, list[int]] = {}
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.pid:
                port = int(connection.laddr[1])
                if self.base <= port < self.base + 150:
                    found.setdefault(port, []).append(connection.pid)
        return found

    @contextmanager
    def client(self, email: str = "", password: str = "") -> Iterator[httpx.Client]:
        """A client that is signed in, as the first user where nobody is named."""
        if not email:
            credentials = json.loads(self.paths.credentials.read_text())
            email, password = credentials["email"], credentials["password"]
        with httpx.Client(base_url=f"{self.address}/api/v1", timeout=20) as client:
            who = {"email": email, "password": password}
            tokens = client.post("/auth/sign-in", json=who).raise_for_status().json()
            client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
            yield client


def _state_of(process: psutil.Process) -> list[str]:
    value = process.environ().get(STATE_DIR)
    return [value] if value else []


def finished(client: httpx.Client, task_id: str, *, timeout_s: float = 60.0) -> dict[str, Any]:
    """A task once it is final; a busy or absent API is asked again."""

    def look() -> dict[str, Any] | None:
        try:
            answer = client.get(f"/tasks/{task_id}")
        except httpx.TransportError:
            return None
        if answer.status_code != 200:
            return None
        task: dict[str, Any] = answer.json()
        return task if task["state"] in {"succeeded", "failed", "cancelled"} else None

    found: dict[str, Any] = until(
        look, timeout_s=timeout_s, what=f"task {task_id} is final", pause_s=0.2
    )
    return found


class _Shared:
    """The platform that all tests of one run share, in whichever folder they are."""

    platform: LivePlatform | None = None


@contextmanager
def shared_platform() -> Iterator[LivePlatform]:
    """The platform that is brought up once; whoever asked first takes it down."""
    if _Shared.platform is not None:
        yield _Shared.platform
        return
    platform = LivePlatform.create("e2e")
    try:
        platform.up()
        _Shared.platform = platform
        yield platform
    finally:
        _Shared.platform = None
        platform.down()


@pytest.fixture(scope="session")
def platform() -> Iterator[LivePlatform]:
    with shared_platform() as found:
        yield found


@pytest.fixture
def healthy(platform: LivePlatform) -> LivePlatform:
    """The shared platform, everything ready and with its own settings."""
    platform.wait_healthy(60)
    return platform


@pytest.fixture
def client(healthy: LivePlatform) -> Iterator[httpx.Client]:
    """A client of the shared platform, signed in as its first user."""
    with healthy.client() as found:
        yield found


@pytest.fixture
def absent() -> Iterator[LivePlatform]:
    """A platform that is described and not brought up."""
    platform = LivePlatform.create("absent")
    try:
        yield platform
    finally:
        platform.remove()
