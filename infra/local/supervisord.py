"""The supervisor of one stack: a supervisord that outlives the engine, reached by its unix socket.

It listens on a socket of mode 700 in the stack's run folder and on nothing else. Several processes
(providers, the agent, commands) may use it at once; only starting and stopping it is exclusive.

    SupervisorError
    +-- SupervisorDownError    nothing answers on the socket
    +-- SupervisorStartError   it was started and does not answer
"""

import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from infra.local.launch import start_time
from infra.local.state import StackPaths

__all__ = [
    "SupervisorDownError",
    "SupervisorError",
    "SupervisorStartError",
    "Supervisord",
    "locked",
    "write_private",
]

LOG_BYTES = 1_000_000  # of supervisord's own log, and two older ones
ANSWER_S = 10.0  # it answers in milliseconds; more means that it hangs

CONFIGURATION = """\
[unix_http_server]
file={socket}
chmod=0700
[supervisord]
logfile={log}
logfile_maxbytes={log_bytes}
logfile_backups=2
pidfile={pid_file}
nocleanup=true
directory=/
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[include]
files={programs}/*.conf
"""


class SupervisorError(Exception):
    """Base of what can be wrong with the supervisor."""


class SupervisorDownError(SupervisorError):
    """Nothing answers on the supervisor's socket."""


class SupervisorStartError(SupervisorError):
    """The supervisor was started and does not answer."""

    def __init__(self, log: Path, said: str) -> None:
        super().__init__(f"the supervisor does not start, see {log}: {said.strip()[-500:]}")


class Supervisord:
    """One stack's supervisord. Holds no connection; may be used from any thread."""

    def __init__(self, paths: StackPaths) -> None:
        self.folder = paths.run / "supervision"
        self.programs = self.folder / "programs"
        self.socket = paths.run / "supervisor.sock"
        self.pid_file = self.folder / "supervisord.pid"
        self.log = paths.logs / "supervisord.log"
        self._paths = paths
        self._record = self.folder / "supervisord.json"

    @contextmanager
    def server(self, *, timeout_s: float = ANSWER_S) -> Iterator[Any]:
        """The supervisor's XML-RPC functions.

        Raises:
            SupervisorDownError: nothing answers.
        """
        transport = _UnixTransport(str(self.socket), timeout_s)
        try:
            with xmlrpc.client.ServerProxy("http://localhost", transport=transport) as proxy:
                yield proxy.supervisor
        except (OSError, http.client.HTTPException) as exc:
            raise SupervisorDownError(f"no supervisor answers on {self.socket}: {exc}") from exc

    def pid(self) -> int | None:
        """Its pid while it answers."""
        try:
            with self.server() as server:
                return int(server.getPID())
        except SupervisorDownError:
            return None

    def recorded_pid(self) -> int | None:
        """Pid of the supervisor that was started last, while that very process lives."""
        try:
            found = json.loads(self._record.read_text())
        except (OSError, ValueError):
            return None
        pid = int(found["pid"])
        return pid if start_time(pid) == found["start"] else None

    def ensure(self) -> None:
        """Start it where it does not run; whoever comes second waits and finds it running."""
        if self.pid() is not None:
            return
        self._paths.prepare()
        for folder in (self.folder, self.programs):
            folder.mkdir(mode=0o755, exist_ok=True)
        with locked(self.folder / "supervisord.lock"):
            if self.pid() is None:
                self._clear_remains()
                self._start()

    def stop(self) -> None:
        """End it, and with it every process it runs."""
        with locked(self.folder / "supervisord.lock"):
            with suppress(SupervisorDownError, xmlrpc.client.Fault), self.server() as server:
                server.shutdown()
            pid = self.recorded_pid()
            while pid is not None and start_time(pid):
                time.sleep(0.05)
            self._clear_remains()

    def _clear_remains(self) -> None:
        """Remove what a dead supervisor left; end one that lives but cannot be reached."""
        if (pid := self.recorded_pid()) is not None:
            _end(pid, grace_s=ANSWER_S)
        for path in (self.socket, self.pid_file, self._record):
            path.unlink(missing_ok=True)

    def _start(self) -> None:
        configuration = self.folder / "supervisord.conf"
        values = {
            "socket": self.socket,
            "log": self.log,
            "log_bytes": LOG_BYTES,
            "pid_file": self.pid_file,
            "programs": self.programs,
        }
        escaped = {name: str(value).replace("%", "%%") for name, value in values.items()}
        write_private(configuration, CONFIGURATION.format(**escaped))
        # It puts itself into a session of its own. The caller's environment may hold the state's
        # passphrase, so it gets only what it needs.
        kept = ("PATH", "HOME", "LANG", "TZ", "SSL_CERT_FILE")
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)],
            env={name: os.environ[name] for name in kept if name in os.environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            cwd="/",
            start_new_session=True,
        )
        deadline = time.monotonic() + ANSWER_S
        while (pid := self.pid()) is None or not self.pid_file.exists():
            if done.returncode != 0 or time.monotonic() > deadline:
                raise SupervisorStartError(self.log, done.stdout + done.stderr)
            time.sleep(0.02)
        write_private(self._record, json.dumps({"pid": pid, "start": start_time(pid)}))


@contextmanager
def locked(path: Path, *, timeout_s: float = 600.0) -> Iterator[None]:
    """Hold an exclusive lock that ends with this process.

    Raises:
        TimeoutError: somebody else holds it for longer.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout_s
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise TimeoutError(f"{path} is held by another process") from None
                time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def write_private(path: Path, text: str, *, mode: int = 0o600, owner: int | None = None) -> None:
    """Write a file as a whole, never readable by more than ``mode`` says."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        os.fchmod(descriptor, mode)
        if owner is not None and os.geteuid() == 0:
            os.fchown(descriptor, owner, -1)
    temporary.replace(path)


def _end(pid: int, *, grace_s: float) -> None:
    identity = start_time(pid)
    deadline = time.monotonic() + grace_s
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while start_time(pid) == identity and time.monotonic() < deadline:
            time.sleep(0.05)
        if start_time(pid) == identity:
            os.kill(pid, signal.SIGKILL)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self._path)
        except OSError:
            self.sock.close()
            raise


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__()
        self._path, self._timeout_s = path, timeout_s

    def make_connection(self, host: tuple[str, dict[str, str]] | str) -> http.client.HTTPConnection:
        known, connection = self._connection
        if connection is None or known != host:
            connection = _UnixConnection(self._path, self._timeout_s)
            self._connection = (host, connection)  # closed with the proxy
        return connection
