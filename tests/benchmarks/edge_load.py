"""Requests a second and latency through the edge, beside a bare FastAPI behind uvicorn.

The client is a plain loop over sockets on the same two cores as everything else, so the absolute
figures are low; the ratio says what authentication, the database and the edge cost.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
import numpy as np

from tests.benchmarks.table import Row
from tests.live import HOST, ROOT, LivePlatform, free_base, until

CONNECTIONS = 8
DURATION_S = 6.0
Result = tuple[float, float, float]  # requests/s, p50 in ms, p95 in ms


def measured(platform: LivePlatform) -> Iterator[Row]:
    """Rows for a read that signs nobody in, and one that needs a user and the database."""
    with platform.client() as client:
        token = {"Authorization": client.headers["Authorization"]}
    with hello_server() as port:
        bare = asyncio.run(loaded(port, "/hello", {}))
    for path, headers in (("/api/openapi.json", {}), ("/api/v1/users/me", token)):
        ours = asyncio.run(loaded(platform.base, path, headers))
        yield _row(f"GET {path}, throughput", ours[0], bare[0], "requests/s")
        yield _row(f"GET {path}, median", ours[1], bare[1], "ms")
        yield _row(f"GET {path}, p95", ours[2], bare[2], "ms")


def _row(measure: str, value: float, baseline: float, unit: str) -> Row:
    against = "hello world, FastAPI on uvicorn"
    return Row(measure=measure, value=value, unit=unit, baseline=baseline, against=against)


async def loaded(port: int, path: str, headers: Mapping[str, str]) -> Result:
    """Ask for one path over a few connections, one request after the other on each."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    await _connection(port, request, 1.0)  # warm
    begin = time.monotonic()
    parts = await asyncio.gather(
        *(_connection(port, request, DURATION_S) for _ in range(CONNECTIONS))
    )
    taken = np.concatenate(parts)
    elapsed = time.monotonic() - begin
    p50, p95 = np.quantile(taken, [0.5, 0.95]) * 1000
    return len(taken) / elapsed, float(p50), float(p95)


async def _connection(port: int, request: bytes, duration_s: float) -> list[float]:
    """Seconds of each request; a connection that the server ends in order is made anew."""
    taken: list[float] = []
    end = time.monotonic() + duration_s
    while time.monotonic() < end:
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            is_open = True
            while is_open and (begin := time.monotonic()) < end:
                writer.write(request)
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                if b" 200 " not in head.partition(b"\r\n")[0]:
                    raise RuntimeError(head.decode())
                await _body(reader, head)
                taken.append(time.monotonic() - begin)
                is_open = b"connection: close" not in head
        finally:
            writer.close()
            await writer.wait_closed()
    return taken


async def _body(reader: asyncio.StreamReader, head: bytes) -> None:
    if b"content-length:" in head:
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        return
    while size := int(await reader.readuntil(b"\r\n"), 16):
        await reader.readexactly(size + 2)
    await reader.readexactly(2)


@contextmanager
def hello_server() -> Iterator[int]:
    port = free_base()
    command = [sys.executable, "-m", "uvicorn", "tests.benchmarks.hello:app", "--port", str(port)]
    with subprocess.Popen(
        [*command, "--no-access-log", "--log-level", "warning"], cwd=ROOT
    ) as server:
        try:
            until(lambda: _answers(port), timeout_s=20, what="the bare server answers")
            yield port
        finally:
            server.terminate()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://{HOST}:{port}/hello").status_code == 200
    except httpx.TransportError:
        return False
