"""The adapter against a real Prometheus whose history was written before it started."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest

from scaler.adapters.prometheus import Prometheus
from scaler.records import Unusable, Workload
from tests.ports import free_port
from tests.scaler.fakes import WORKLOAD

STEPS = 3_000
# Less than the samples of the history, so that it must be read in parts.
MOST_SAMPLES = 1_000

pytestmark = pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")),
    reason="there is no prometheus with promtool on PATH",
)


@pytest.fixture(scope="module")
def last_step() -> int:
    """The newest step of the history; hours old, since blocks are made of what is."""
    return int(time.time()) // 60 - 240


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, last_step: int) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    write_history(folder, last_step)
    port = free_port()
    address = f"127.0.0.1:{port}"
    (folder / "prometheus.yml").write_text("global: {scrape_interval: 1s}\n")
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
        f"--query.max-samples={MOST_SAMPLES}",
        "--storage.tsdb.retention.time=365d",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until_ready(f"http://{address}", folder / "log")
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(20)


def write_history(folder: Path, last_step: int) -> None:
    lines = ["# TYPE load gauge", "# TYPE pair gauge"]
    steps = range(last_step - STEPS + 1, last_step + 1)
    lines += [f"load {step % 1_000} {step * 60}" for step in steps if not is_gap(step, last_step)]
    lines += [f'pair{{of="{name}"}} 1 {last_step * 60}' for name in ("a", "b")]
    (folder / "history").write_text("\n".join([*lines, "# EOF", ""]))
    create = ["promtool", "tsdb", "create-blocks-from", "openmetrics"]
    subprocess.run(
        [*create, str(folder / "history"), str(folder / "data")], check=True, capture_output=True
    )


def is_gap(step: int, last_step: int) -> bool:
    """An hour in which nothing was scraped."""
    return last_step - 500 <= step < last_step - 440


def wait_until_ready(url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if httpx.get(f"{url}/-/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, log.read_text()[-2_000:]
        time.sleep(0.1)


@pytest.fixture
def prometheus(url: str) -> Iterator[Prometheus]:
    made = Prometheus(url, timeout_s=10.0, stale_after_s=120.0)
    yield made
    made.close()


def asking(query: str) -> Workload:
    return replace(WORKLOAD, load_query=query)


def test_a_history_beyond_the_limit_of_samples_is_read_whole(
    prometheus: Prometheus, last_step: int
) -> None:
    first = last_step - STEPS + 1
    values = prometheus.history(asking("load"), step_ms=60_000, first=first, last=last_step)
    expected = np.arange(first, last_step + 1, dtype=float) % 1_000
    gap = slice(-501, -441)
    # A sample counts for two minutes; a Prometheus that is too old to be told, lets it for five.
    assert np.isnan(values[gap])[5:].all()
    known = np.isfinite(values)
    assert known.sum() >= STEPS - 60
    outside = np.ones(STEPS, dtype=bool)
    outside[gap] = False
    assert np.array_equal(values[outside], expected[outside])


def test_an_instant_value_is_one_of_now(prometheus: Prometheus) -> None:
    assert prometheus.load(asking("vector(3)")) == 3.0
    assert prometheus.load(asking("scalar(vector(4))")) == 4.0
    assert prometheus.load(asking("load")) is None  # hours old


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        pytest.param("vector(0) / 0", "no_number", id="not-a-number"),
        pytest.param("load[1h]", "no_number", id="a-range"),
        pytest.param("load +", "refused", id="no-query"),
    ],
)
def test_what_is_no_load_says_why(prometheus: Prometheus, query: str, reason: str) -> None:
    with pytest.raises(Unusable) as raised:
        prometheus.load(asking(query))
    assert raised.value.reason == reason


def test_several_series_are_refused(prometheus: Prometheus, last_step: int) -> None:
    with pytest.raises(Unusable, match="several series instead of one from pair"):
        prometheus.history(asking("pair"), step_ms=60_000, first=last_step, last=last_step)
