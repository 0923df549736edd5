"""What each replica uses with all of its processes, read when Prometheus asks.

What cAdvisor is to a cluster. Memory that processes share is split among those that have it, so
that the parts of a pool, or the backends of a database, add up to what there is.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

import psutil
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from infra.local import contract
from infra.local.supervision import Service

__all__ = ["UsageCollector", "usage_of"]

LABELS = ["workload", "process"]


class UsageCollector(Collector):
    """Collects in the thread of a scrape; `follow` may be called from another one."""

    def __init__(self) -> None:
        self._pids: Mapping[tuple[str, str], int] = {}

    def follow(self, services: Iterable[Service]) -> None:
        """Let these be the replicas from now on."""
        self._pids = {
            (service.spec.name, replica.name): replica.pid
            for service in services
            for replica in service.replicas
            if replica.pid is not None and replica.is_launched
        }

    def collect(self) -> Iterator[Metric]:
        cpu = CounterMetricFamily(
            contract.REPLICA_CPU_SECONDS_TOTAL.removesuffix("_total"),
            "CPU time of all processes of a replica.",
            labels=LABELS,
        )
        memory = GaugeMetricFamily(
            contract.REPLICA_MEMORY_BYTES, "Memory of all processes of a replica.", labels=LABELS
        )
        pids = self._pids
        for labels, family in zip(pids, _families(pids.values()), strict=True):
            if family:
                seconds, size = usage_of(family)
                cpu.add_metric(labels, seconds)
                memory.add_metric(labels, size)
        yield cpu
        yield memory


def usage_of(processes: Iterable[psutil.Process]) -> tuple[float, float]:
    """CPU seconds and bytes of memory of some processes; one that has just ended counts nothing.

    The CPU time of a child that has ended is counted by its parent, once that has waited for it.
    """
    seconds = size = 0.0
    for process in processes:
        with suppress(psutil.Error):
            seconds += sum(process.cpu_times()[:4])
            size += _memory(process)
    return seconds, size


def _memory(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except psutil.AccessDenied:
        return float(process.memory_info().rss)


def _families(roots: Iterable[int]) -> list[list[psutil.Process]]:
    """Each process and all that descend from it, from one look at the system."""
    children: dict[int, list[psutil.Process]] = {}
    known: dict[int, psutil.Process] = {}
    for process in psutil.process_iter(["ppid"]):
        known[process.pid] = process
        children.setdefault(process.info["ppid"], []).append(process)

    def family(process: psutil.Process) -> Iterator[psutil.Process]:
        yield process
        for child in children.get(process.pid, ()):
            yield from family(child)

    return [list(family(known[pid])) if pid in known else [] for pid in roots]
