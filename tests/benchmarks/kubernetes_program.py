"""What the program of a cluster stack costs under mocks: the whole of `prod`, and how it grows.

Each figure is that of a process of its own, imports included: ``python -m
tests.benchmarks.kubernetes_program SERVICES`` runs the program with so many services more and
prints its seconds and its memory as JSON.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.table import Row
from tests.live import ROOT

LIMIT_S, LIMIT_MIB, RENDER_LIMIT_S = 6.0, 400.0, 8.0
GROWTH = (1, 10, 100)
SDKS = "import pulumi, pulumi_kubernetes.core.v1, pulumi_kubernetes.apps.v1"
COST = (
    "import time; begin = time.monotonic(); {}; "
    "from tests.benchmarks.kubernetes_program import report; report(begin)"
)


def measured() -> Iterator[Row]:
    """Rows about the program; they need no platform."""
    sdks = run([sys.executable, "-c", COST.format(SDKS)])
    whole = run([sys.executable, "-m", __name__, "0"])
    against = "import of the SDKs alone"
    yield Row(
        measure="prod under mocks, time",
        value=whole["s"],
        unit="s",
        baseline=sdks["s"],
        against=against,
        limit=LIMIT_S,
    )
    yield Row(
        measure="prod under mocks, memory",
        value=whole["mib"],
        unit="MiB RSS",
        baseline=sdks["mib"],
        against=against,
        limit=LIMIT_MIB,
    )
    yield _rendering(sdks["s"])
    yield from _growth()


def run(command: list[str]) -> dict[str, float]:
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _rendering(baseline_s: float) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).with_name("autoserve")), "render"]
        begin = time.monotonic()
        subprocess.run(
            [*command, "--stack", "prod", "--out", f"{folder}/prod"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            timeout=120,
        )
        took_s = time.monotonic() - begin
    return Row(
        measure="autoserve render --stack prod",
        value=took_s,
        unit="s",
        baseline=baseline_s,
        against="import of the SDKs alone",
        limit=RENDER_LIMIT_S,
    )


def _growth() -> Iterator[Row]:
    """The time that each service more takes, beside that of the first ten."""
    taken = {count: _quickest(count) for count in GROWTH}
    few, more, many = GROWTH
    first = (taken[more] - taken[few]) / (more - few)
    rest = (taken[many] - taken[more]) / (many - more)
    yield Row(
        measure=f"one service more, of {more} to {many}",
        value=1_000 * rest,
        unit="ms",
        baseline=1_000 * first,
        against=f"one more, of {few} to {more}",
    )
    yield Row(
        measure=f"prod and {many} services more",
        value=taken[many],
        unit="s",
        baseline=taken[few],
        against=f"prod and {few} more",
    )


def _quickest(extra: int) -> float:
    """The least of three times: what others do on the machine only ever adds."""
    command = [sys.executable, "-m", __name__, str(extra)]
    return min(run(command)["s"] for _ in range(3))


def main(extra: int) -> None:
    """Run the program of `prod` with copies of the relay, and print what it cost."""
    begin = time.monotonic()
    from infra.kubernetes.cluster import Cluster  # noqa: PLC0415 - imports are a part of the cost
    from infra.platform.stack import cluster_platform  # noqa: PLC0415 - as above
    from infra.rendering.recording import record  # noqa: PLC0415 - as above
    from infra.services.catalogue import catalogue  # noqa: PLC0415 - as above
    from infra.stack_settings import settings_of  # noqa: PLC0415 - as above

    settings = settings_of("prod", ROOT)
    assert settings.cluster is not None
    described, on = catalogue(settings), settings.cluster
    relay = next(service for service in described.services if service.name == "relay")
    copies = tuple(replace(relay, name=f"relay-{number}") for number in range(extra))
    larger = replace(described, services=(*described.services, *copies))
    place = Cluster(kubeconfig="", context=on.context)
    recording = record(
        lambda: cluster_platform(larger, settings=settings, on=on, cluster=place), stack="prod"
    )
    assert len(recording.manifests) > 100 + extra
    report(begin)


def report(begin: float) -> None:
    """Print what this process cost since then."""
    took_s = time.monotonic() - begin
    # Not ru_maxrss, which begins with what the parent had.
    lines = Path("/proc/self/status").read_text().splitlines()
    peak_kib = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    sys.stdout.write(json.dumps({"s": took_s, "mib": peak_kib / 1024}) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
