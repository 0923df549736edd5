"""What the platform takes while nobody uses it."""

import sys
import time
from collections import defaultdict
from collections.abc import Iterator

import psutil

from tests.benchmarks.memory import pss_mib, tree
from tests.benchmarks.table import Row
from tests.live import LivePlatform

LIMIT_MIB = 1536.0
SETTLE_S = 30.0


def measured(platform: LivePlatform) -> Iterator[Row]:
    """A row per service, and one for all; the baseline is one bare Python process."""
    platform.wait_healthy(60)
    time.sleep(SETTLE_S)
    bare = _bare_python_mib()
    services: dict[str, float] = defaultdict(float)
    counted: set[int] = set()
    counts: dict[str, int] = defaultdict(int)
    for replica in platform.replicas().values():
        if replica.pid is not None:
            processes = tree(replica.pid)
            counted |= {process.pid for process in processes}
            services[replica.service] += pss_mib(processes)
            counts[replica.service] += 1
    rest = [process for process in platform.processes() if process.pid not in counted]
    services["supervisor"] += pss_mib(rest)
    counts["supervisor"] = 1
    against = "an empty Python process"
    for name, mib in sorted(services.items(), key=lambda item: -item[1]):
        yield Row(
            measure=f"idle {name} ({counts[name]} replicas)",
            value=mib,
            unit="MiB PSS",
            baseline=bare,
            against=against,
        )
    yield Row(
        measure="idle platform in all",
        value=sum(services.values()),
        unit="MiB PSS",
        baseline=bare,
        against=against,
        limit=LIMIT_MIB,
    )


def _bare_python_mib() -> float:
    with psutil.Popen([sys.executable, "-c", "input()"], stdin=-1) as process:
        time.sleep(0.5)
        mib = pss_mib([psutil.Process(process.pid)])
        process.communicate(b"\n")
    return mib
