"""dataset.profile of a large CSV: peak memory of the worker, and time."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from infra.local.demo.sample import sample_csv
from tests.benchmarks.memory import peak_of
from tests.benchmarks.table import Row
from tests.live import LivePlatform, finished

LIMIT_MIB = 512.0
SMALL_BYTES = 50 * 10**6  # what pandas reads whole, as the baseline
CHUNK = 1 << 20
PANDAS = "import sys, pandas; pandas.read_csv(sys.argv[1]).describe(include='all')"


def measured(platform: LivePlatform, *, size_bytes: int) -> Iterator[Row]:
    """Rows about one file of ``size_bytes``; the platform has one worker."""
    big, small = platform.state / "big.csv", platform.state / "small.csv"
    try:
        write_csv(big, size_bytes)
        write_csv(small, min(SMALL_BYTES, size_bytes))
        lines_s = _seconds(["wc", "-l", str(big)])
        pandas_s = _seconds([sys.executable, "-c", PANDAS, str(small)])
        pandas_s *= big.stat().st_size / small.stat().st_size
        upload_s, profile_s, peak_mib = _profiled(platform, big)
    finally:
        big.unlink(missing_ok=True)
        small.unlink(missing_ok=True)
    size_mib = size_bytes / 2**20
    yield Row(
        measure=f"dataset.profile of {size_bytes / 1e9:g} GB, worker's peak",
        value=peak_mib,
        unit="MiB PSS",
        baseline=size_mib,
        against="the file's size",
        limit=LIMIT_MIB,
    )
    yield Row(
        measure="dataset.profile, time",
        value=profile_s,
        unit="s",
        baseline=pandas_s,
        against="pandas read_csv + describe, from 50 MB",
    )
    yield Row(
        measure="upload through the edge, time",
        value=upload_s,
        unit="s",
        baseline=lines_s,
        against="wc -l of the same file",
    )


def write_csv(path: Path, size_bytes: int) -> None:
    """A CSV of about this size: the demo's table over and over, with other numbers each time."""
    header, _, _ = sample_csv(rows=1).partition(b"\n")
    blocks = [sample_csv(rows=20_000, seed=seed).partition(b"\n")[2] for seed in range(5)]
    with path.open("wb") as file:
        file.write(header + b"\n")
        written, turn = len(header) + 1, 0
        while written < size_bytes:
            block = blocks[turn % len(blocks)]
            file.write(block)
            written, turn = written + len(block), turn + 1


def _profiled(platform: LivePlatform, path: Path) -> tuple[float, float, float]:
    worker = platform.replicas()["worker-0"].pid
    assert worker is not None
    with platform.client() as client:
        begin = time.monotonic()
        dataset = client.post(
            "/datasets",
            params={"name": path.name},
            content=_chunks(path),
            headers={"Content-Type": "text/csv", "Content-Length": str(path.stat().st_size)},
            timeout=httpx.Timeout(600),
        )
        dataset.raise_for_status()
        upload_s = time.monotonic() - begin
        with peak_of(worker) as peak:
            begin = time.monotonic()
            parameters = {"dataset_id": dataset.json()["id"]}
            body = {"type": "dataset.profile", "parameters": parameters}
            task = client.post("/tasks", json=body).raise_for_status().json()
            done = finished(client, task["id"], timeout_s=900)
            profile_s = time.monotonic() - begin
        client.delete(f"/datasets/{dataset.json()['id']}")
    if done["state"] != "succeeded":
        raise RuntimeError(f"dataset.profile {done['state']}: {done['error']}")
    return upload_s, profile_s, peak.mib


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _seconds(command: list[str]) -> float:
    begin = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begin
