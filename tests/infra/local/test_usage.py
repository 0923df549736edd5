"""Of real processes: a parent that holds memory, and a child that works."""

import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from infra.local import contract
from infra.local.replicas import Replica
from infra.local.spec import ProcessSpec
from infra.local.supervision import Service
from infra.local.usage import UsageCollector, usage_of

MIB = 2**20
PROGRAM = """
import subprocess, sys
held = bytearray({mib} * 2**20)
child = subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"])
print(child.pid, flush=True)
sys.stdin.read()
child.kill()
"""


@pytest.fixture
def tree() -> Iterator[tuple[int, int]]:
    """Process ids of the parent and of the child."""
    command = [sys.executable, "-S", "-c", PROGRAM.format(mib=60)]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    yield parent.pid, int(parent.stdout.readline())
    parent.communicate("", timeout=10)


def service(name: str, *pids: int | None) -> Service:
    spec = ProcessSpec(name=name, command=("true",))
    replicas = tuple(
        Replica(
            service=name,
            replica=number,
            state="RUNNING",
            pid=pid,
            uptime_s=1.0,
            starts=1,
            is_launched=True,
            is_current=True,
            addresses={},
        )
        for number, pid in enumerate(pids)
    )
    return Service(spec=spec, desired=len(pids), replicas=replicas)


def figures(collector: UsageCollector) -> dict[tuple[str, str, str], float]:
    return {
        (sample.name, sample.labels["workload"], sample.labels["process"]): sample.value
        for metric in collector.collect()
        for sample in metric.samples
    }


def test_a_replica_uses_what_all_of_its_processes_use(tree: tuple[int, int]) -> None:
    parent, _ = tree
    collector = UsageCollector()
    collector.follow([service("worker", parent)])
    memory = contract.REPLICA_MEMORY_BYTES, "worker", "worker-0"
    cpu = contract.REPLICA_CPU_SECONDS_TOTAL, "worker", "worker-0"
    first = figures(collector)
    assert 60 * MIB < first[memory] < 140 * MIB
    deadline = time.monotonic() + 20
    while figures(collector)[cpu] < first[cpu] + 0.2:
        assert time.monotonic() < deadline, "the child's work is not counted"
        time.sleep(0.05)
    # The parent alone has hardly worked since.
    assert sum(psutil.Process(parent).cpu_times()[:2]) < 0.2 + first[cpu]


def test_the_work_of_a_child_that_has_ended_is_not_lost() -> None:
    before, _ = usage_of([psutil.Process()])
    subprocess.run(
        [sys.executable, "-S", "-c", "for _ in range(5_000_000): pass"], check=True, timeout=60
    )
    after, _ = usage_of([psutil.Process()])
    assert after > before + 0.05


def test_what_does_not_run_has_no_figures() -> None:
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait(10)
    collector = UsageCollector()
    collector.follow([service("api", ended.pid, None)])
    assert figures(collector) == {}


def test_a_replica_that_is_gone_is_not_counted_any_more(tree: tuple[int, int]) -> None:
    collector = UsageCollector()
    collector.follow([service("worker", tree[0])])
    assert len(figures(collector)) == 2
    collector.follow([service("worker")])
    assert figures(collector) == {}
