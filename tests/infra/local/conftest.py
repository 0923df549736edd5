"""Stacks of tiny processes in folders of their own, ended with whatever they left behind."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from infra.local.launch import holders_of
from infra.local.spec import ProcessSpec, ReadinessSpec, ReplicaBounds, paths_of
from infra.local.state import StackPaths
from infra.local.supervision import Supervision
from tests.ports import free_port

# An HTTP server that answers with its pid, as long as the file "broken" is not beside it.
SERVER = """
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if os.path.exists("broken") else 200)
        self.end_headers()
        self.wfile.write(str(os.getpid()).encode())

    def log_message(self, *args):
        pass

if message := os.environ.get("FAIL_WITH"):
    sys.exit(message)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

SpecMaker = Callable[..., ProcessSpec]


@pytest.fixture
def paths() -> Iterator[StackPaths]:
    # pytest's own folders are too deep for the path of a unix socket.
    root = Path(tempfile.mkdtemp(prefix="as-"))
    root.chmod(0o755)
    found = paths_of(root / "stacks" / "t")
    yield found
    Supervision(found).daemon.stop()
    for lock in (found.run / "supervision" / "locks").glob("*.lock"):
        for pid in holders_of(lock):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    shutil.rmtree(root)


@pytest.fixture
def supervision(paths: StackPaths) -> Supervision:
    return Supervision(paths)


@pytest.fixture
def web() -> SpecMaker:
    """Makes the description of a small web server; the same ports each time within a test."""
    ports = tuple(free_port() for _ in range(3))

    def make(
        *, initial: int = 2, minimum: int = 1, maximum: int = 3, **fields: object
    ) -> ProcessSpec:
        values: dict[str, object] = {
            "name": "web",
            "command": (sys.executable, "-S", "-c", SERVER, "{port:http}"),
            "ports": {"http": ports[:maximum]},
            "readiness": ReadinessSpec(port="http", path="/", deadline_s=15, interval_s=0.05),
            "replicas": ReplicaBounds(minimum=minimum, maximum=maximum, initial=initial),
            "stop_grace_s": 3.0,
        }
        return ProcessSpec(**(values | fields))  # type: ignore[arg-type]  # fields by name

    return make
