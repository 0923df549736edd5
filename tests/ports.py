"""Ports for servers that tests start."""

import contextlib
import itertools
import os
import socket
from collections.abc import Iterator

HOST = "127.0.0.1"


def _candidates() -> Iterator[int]:
    """Below the system's ephemeral ports, where any client's connection may take one meanwhile.

    Each test process has a range of its own and walks through it, so that no port is given twice.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
    numbers = range(12_000 + 2_000 * worker, 14_000 + 2_000 * worker)
    start = os.getpid() % len(numbers)
    return itertools.cycle([*numbers[start:], *numbers[:start]])


CANDIDATES = _candidates()


def free_port() -> int:
    for port in CANDIDATES:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port
    raise AssertionError("candidates never end")
