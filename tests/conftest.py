"""Real PostgreSQL and Redis for the tests, on free ports, once per test process, ended by pid.

``database_url`` is a migrated, empty database; ``redis_url`` an empty Redis. Both servers are
started by the first test that asks for them, so that tests which need neither pay nothing.
``postgres`` and ``redis_server`` give the servers themselves, for tests that stop and start them;
whoever stops one must leave it running.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# One test process runs on each core already: threads of numeric libraries would only wait for each
# other. They read this when they are loaded, here and in what tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import psycopg
import pytest
import redis
from psycopg import sql
from xdist.scheduler.loadscope import (  # type: ignore[import-untyped] # it has none
    LoadScopeScheduling,
)

from app import contract
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
START_S = 30.0
SHARED_PLATFORM = ("tests/e2e/test_", "tests/faults/test_")
AUTOSCALING = ("tests/cluster/test_autoscaling", "tests/cluster/test_platform_scaling")
TRACES_VARIABLE = "AUTOSERVE_TRACES"


class PlatformTogether(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Tests of the platform that is shared go to one process, the others out one by one.

    Those of the test cluster go to two: what scales in it waits most of the time, the rest works.

    xdist's own groups have no effect with pytest 9: it no longer heeds the names they are kept in.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/cluster/"):
            return "autoscaling" if nodeid.startswith(AUTOSCALING) else "cluster"
        return "platform" if nodeid.startswith(SHARED_PLATFORM) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return PlatformTogether(config, log)


def wait_until(condition: Callable[[], bool], *, timeout_s: float, what: str) -> None:
    """Poll until a condition holds; the failure says what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"after {timeout_s:.0f} s still not: {what}")
        time.sleep(0.02)


def unprivileged_user() -> dict[str, Any]:
    """Arguments of Popen that leave root, which initdb refuses; none where we are not root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("root, and neither the user postgres nor nobody exists to run PostgreSQL as")


def postgres_program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    program = str(found[-1]) if found else shutil.which(name)
    if program is None:
        pytest.fail(
            f"the tests need PostgreSQL: {name} is neither in /usr/lib/postgresql nor on PATH"
        )
    return program


@dataclass
class PostgresServer:
    """One PostgreSQL in a folder of its own; the superuser is ``postgres``, without a password."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    user: dict[str, Any] = field(default_factory=unprivileged_user)

    def initialise(self) -> None:
        if self.user:
            os.chown(self.folder, self.user["user"], self.user["group"])
        command = [postgres_program("initdb"), "-D", str(self.folder / "data"), "-U", "postgres"]
        command += ["-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, timeout=60, **self.user
        )

    def start(self) -> None:
        options = {
            "port": self.port,
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "shared_buffers": "16MB",
            "max_connections": 80,
        }
        command = [postgres_program("postgres"), "-D", str(self.folder / "data")]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, **self.user
            )
        wait_until(self.answers, timeout_s=START_S, what="PostgreSQL answers")

    def answers(self) -> bool:
        try:
            psycopg.connect(self.admin_url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """End it at once (immediate shutdown), as a killed server would."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(START_S)

    def admin_url(self, database: str) -> str:
        return f"postgresql://postgres@{HOST}:{self.port}/{database}"

    def url(self, database: str = contract.DATABASE_NAME) -> str:
        return f"postgresql://{contract.DATABASE_ROLE}@{HOST}:{self.port}/{database}"

    def create_database(self, name: str = contract.DATABASE_NAME) -> str:
        """A database with the role and the schema that the platform's database job makes."""
        role = sql.Identifier(contract.DATABASE_ROLE)
        with psycopg.connect(self.admin_url("postgres"), autocommit=True) as admin:
            known = admin.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %s", (contract.DATABASE_ROLE,)
            )
            if known.fetchone() is None:
                admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
                admin.execute(sql.SQL("ALTER ROLE {} SET search_path = {}").format(role, role))
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        with psycopg.connect(self.admin_url(name), autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(role, role))
        return self.url(name)


@dataclass
class RedisServer:
    """One Redis without persistence: started again, it is empty, as after a lost disk."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", HOST, "--save", ""]
        command += ["--appendonly", "no", "--dir", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self.answers, timeout_s=START_S, what="Redis answers")

    def answers(self) -> bool:
        with redis.Redis.from_url(self.url, socket_timeout=2) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def stop(self) -> None:
        """Kill it: nothing is saved."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(START_S)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="autoserve-pg-"))
    server = PostgresServer(folder, free_port())
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    folder = Path(tempfile.mkdtemp(prefix="autoserve-redis-"))
    server = RedisServer(folder, free_port())
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_database(postgres: PostgresServer) -> str:
    """URL of the database after ``python -m app.migrate``; shared by all tests of this process."""
    url = postgres.create_database()
    environment = {**os.environ, contract.DATABASE_URL: url, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "app.migrate"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"app.migrate ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return url


@pytest.fixture
def database_url(migrated_database: str) -> str:
    """URL of a migrated database whose tables are empty."""
    with psycopg.connect(migrated_database, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename <> %s",
            (contract.DATABASE_ROLE, "alembic_version"),
        ).fetchall()
        if rows:
            tables = sql.SQL(", ").join(
                sql.Identifier(contract.DATABASE_ROLE, name) for (name,) in rows
            )
            _empty(connection, tables)
    return migrated_database


def _empty(connection: psycopg.Connection[Any], tables: sql.Composable) -> None:
    """Truncate; a service that several tests share may hold a lock the other way round."""
    statement = sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(tables)
    for _attempt in range(4):
        with contextlib.suppress(psycopg.errors.DeadlockDetected):
            connection.execute(statement)
            return
    connection.execute(statement)


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """URL of an empty Redis."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture(scope="session")
def traces() -> Path:
    """Folder of the public traces; tests that need them say so where they are absent."""
    folder = Path(os.environ.get(TRACES_VARIABLE) or ROOT.parent / "shared" / "traces")
    if not folder.is_dir():
        pytest.skip(f"no traces: {folder} is no folder; set {TRACES_VARIABLE} to where they lie")
    return folder
