"""Processes that a test cluster consists of: started with a log each, ended by pid, none left."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from tests.cluster.waiting import ClusterError

__all__ = ["Processes", "ProgramDiedError"]

BOUND = Path(__file__).with_name("bound.py")
STOP_S = 5.0
TAIL_LINES = 15
# Of the environment, only what a program needs: no proxy, no cloud's credentials, no kubeconfig.
KEPT = ("PATH", "LANG", "TZ")


class ProgramDiedError(ClusterError):
    """A program of the cluster ended by itself."""


class Processes:
    """The programs of one cluster, in the order in which they were started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(
        self,
        name: str,
        program: Path,
        *flags: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start a program; its output goes to ``<name>.log`` in the cluster's folder."""
        # A home of its own, so that nobody's settings (of kwok, of kubectl) are read.
        kept = {key: os.environ[key] for key in KEPT if key in os.environ}
        bound = [sys.executable, "-I", "-S", str(BOUND), str(os.getpid())]
        with self.log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                [*bound, str(program), *flags],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env={**kept, "HOME": str(self._folder), **(environment or {})},
            )

    def log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._running.items()}

    def addresses(self) -> dict[str, set[str]]:
        """By program, the addresses of this machine that it listens on."""
        found = {}
        for name, pid in self.pids().items():
            connections = psutil.Process(pid).net_connections(kind="inet")
            listening = [each for each in connections if each.status == psutil.CONN_LISTEN]
            found[name] = {str(each.laddr[0]) for each in listening}
        return found

    def check(self) -> None:
        """Whether all of them still run.

        Raises:
            ProgramDiedError: one has ended; the message shows the end of its log.
        """
        for name, process in self._running.items():
            if process.poll() is not None:
                lines = self.log(name).read_text(errors="replace").splitlines()[-TAIL_LINES:]
                shown = "\n".join(line[:400] for line in lines)
                raise ProgramDiedError(f"{name} ended with {process.returncode}:\n{shown}")

    def stop(self, name: str) -> None:
        """End one program and wait for it."""
        process = self._running.pop(name)
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
        if process.poll() is None:
            process.kill()
            process.wait()

    def stop_all(self) -> None:
        """Kill them all: nothing of a test cluster is worth a shutdown in order."""
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait()
        self._running.clear()
