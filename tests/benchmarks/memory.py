"""Memory of processes as their proportional set size: what they share is counted once in all."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import psutil

SAMPLE_S = 0.2


def pss_mib(processes: Iterable[psutil.Process]) -> float:
    """Sum over processes; those that end meanwhile count as nothing."""
    total = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total / 2**20


def tree(pid: int) -> list[psutil.Process]:
    """A process and all below it."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


class Peak:
    mib = 0.0


@contextmanager
def peak_of(pid: int) -> Iterator[Peak]:
    """The highest sum over a process tree for as long as the block takes."""
    peak, end = Peak(), threading.Event()

    def sample() -> None:
        while not end.wait(SAMPLE_S):
            peak.mib = max(peak.mib, pss_mib(tree(pid)))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield peak
    finally:
        end.set()
        thread.join()
