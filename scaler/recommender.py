"""What each container should ask for, from what all of its instances used.

Beside the control loop and slower: every minute it reads the usage of all containers, and says what
requests and limits they should have. It changes nothing unless it is given what resizes. Whatever
is away leaves what was learnt as it is; what was learnt outlives a restart.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Event, RLock
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Gauge

from scaler import contract
from scaler.archive import Archive
from scaler.core.resources import (
    MEBI,
    Allotment,
    Bounds,
    ContainerUsage,
    Recommendation,
    ResourceRules,
    UsageStateError,
)
from scaler.health import Dependency
from scaler.ports import Announcer, Clock, MemoryEnds, Resizing, UsageSource
from scaler.records import Container, Unavailable, Usage, UsageQueries
from scaler.solo import Quiet

__all__ = ["KIND", "Recommender"]

log = structlog.get_logger()
KIND = "container usage"
# A state is written after so many looks; what came since is a small part of a day.
LOOKS_BETWEEN_CHECKPOINTS = 10
# More containers than this are taken for series that a query should not have.
MOST_CONTAINERS = 5_000


class Recommender:
    """Owns the usage of all containers. One thread ticks; recommendations may be read from any."""

    def __init__(
        self,
        *,
        queries: UsageQueries,
        rules: ResourceRules,
        allotments: Mapping[Container, Allotment],
        source: UsageSource,
        prometheus: Dependency,
        archive: Archive,
        registry: CollectorRegistry,
        clock: Clock,
        interval_s: float,
        resizing: Resizing | None = None,
        may_resize: Callable[[str], bool] = lambda _: False,
        announcer: Announcer | None = None,
        memory_ends: MemoryEnds | None = None,
    ) -> None:
        """``resizing`` gives replicas of a workload what is recommended while ``may_resize`` it.

        ``memory_ends`` knows of containers that took their counter of such ends with them.
        """
        self._queries, self._rules, self._allotments = queries, rules, dict(allotments)
        self._source, self._prometheus, self._archive = source, prometheus, archive
        self._clock, self._interval_s = clock, interval_s
        self._resizing, self._may_resize = resizing, may_resize
        self._announcer = announcer or Quiet()
        self._memory_ends = memory_ends
        self._lock = RLock()
        self._usage: dict[Container, ContainerUsage] = {}
        self._found: dict[Container, Recommendation] = {}
        self._ended: dict[tuple[Container, str, bool], float] = {}
        self._used_memory: dict[tuple[Container, str], float] = {}
        self._looks = 0
        self._is_restored = False
        self._gauges = _Gauges(registry)

    def run(self, stop: Event) -> None:
        """Look again and again until told to stop."""
        while not stop.is_set():
            began = time.monotonic()
            self.tick()
            stop.wait(max(0.0, self._interval_s - (time.monotonic() - began)))
        self._keep()

    def tick(self) -> None:
        """One look at all containers; raises nothing."""
        for act in (self._restore, self._look, self._resize):
            try:
                act()
            except Unavailable as error:
                log.debug("usage of containers is not known", detail=error.detail)
            except Exception:
                log.exception("recommending failed")

    def recommendations(self, workload: str | None) -> list[dict[str, Any]]:
        """One entry for each container and resource, by name."""
        with self._lock:
            found = sorted(self._found.items())
        return [
            entry
            for container, one in found
            if workload in (None, container.workload)
            for entry in _entries(container, one, self._allotments.get(container, Allotment()))
        ]

    def target(self, container: Container) -> Recommendation | None:
        """The recommendation for one container, once there is one."""
        with self._lock:
            return self._found.get(container)

    def _restore(self) -> None:
        """Read what was kept, once the store answers; until then nothing is written over it.

        What was kept knows more than the minutes that were seen meanwhile, and replaces them.
        """
        if self._is_restored:
            return
        states = self._archive.store.checkpoints(KIND)
        restored: dict[Container, ContainerUsage] = {}
        for key, state in states.items():
            workload, _, name = key.partition("/")
            try:
                usage = ContainerUsage.restored(state, self._rules)
            except UsageStateError as error:
                log.warning("a kept usage cannot be used", container=key, detail=str(error))
                continue
            restored[Container(workload=workload, name=name)] = usage
        with self._lock:
            self._usage |= restored
        self._is_restored = True
        log.info("usage of containers restored", containers=len(restored))

    def _look(self) -> None:
        now_s = self._clock.now().timestamp()
        self._used_memory = {}
        cpu, memory, ended = (
            self._read(query)
            for query in (self._queries.cpu, self._queries.memory, self._queries.out_of_memory)
        )
        died = self._died()
        with self._lock:
            for usage in self._of(cpu):
                self._usage_of(usage).used_cpu(usage.instance, usage.value, time_s=now_s)
            for usage in self._of(memory):
                self._usage_of(usage).used_memory(usage.instance, usage.value, time_s=now_s)
            for usage in self._of(ended):
                self._count_end(usage, now_s, is_counter=True)
            for usage in self._of(died):
                self._count_end(usage, now_s, is_counter=False)
            forgotten = self._forget(now_s)
            self._found = {
                container: found
                for container, usage in self._usage.items()
                if (found := usage.recommendation()) is not None
            }
            self._gauges.show(self._found, self._allotments)
        self._used_memory = {(usage.container, usage.instance): usage.value for usage in memory}
        if forgotten:
            names = [container.key for container in forgotten]
            self._archive.add(lambda store: store.forget_checkpoints(KIND, names))
        self._looks += 1
        if self._looks % LOOKS_BETWEEN_CHECKPOINTS == 0:
            self._keep()

    def _resize(self) -> None:
        """Give at most one replica what is recommended; never by what was seen before an outage."""
        if self._resizing is None or not self._used_memory:
            return
        found = {c: one for c, one in self._found.items() if self._may_resize(c.workload)}
        if not found:
            return
        done = self._resizing.step(found, used_memory=self._used_memory, now=self._clock.now())
        if done is not None:
            log.info("resized", workload=done.workload, said=done.sentence)
            self._announcer.announce(done.workload, "Resized", done.sentence)

    def _read(self, query: str) -> Sequence[Usage]:
        return self._prometheus.ask(lambda: self._source.usages(query)) if query else ()

    def _died(self) -> Sequence[Usage]:
        """When containers last ended for want of memory; what was learnt needs nothing of it."""
        try:
            return self._memory_ends.last_ends() if self._memory_ends else ()
        except Unavailable as error:
            log.debug("ends of containers are not known", detail=error.detail)
            return ()

    def _of(self, usages: Iterable[Usage]) -> Iterable[Usage]:
        """Those of containers that are known, and of new ones while there is room."""
        for usage in usages:
            if usage.container in self._usage or len(self._usage) < MOST_CONTAINERS:
                yield usage

    def _usage_of(self, usage: Usage) -> ContainerUsage:
        return self._usage.setdefault(usage.container, ContainerUsage(self._rules))

    def _count_end(self, usage: Usage, now_s: float, *, is_counter: bool) -> None:
        """Learn from an instance's figure that has grown; its first one may be an old one."""
        container, key = usage.container, (usage.container, usage.instance, is_counter)
        before = self._ended.get(key, math.inf)
        self._ended[key] = usage.value
        if usage.value > before:
            requested = self._allotments.get(container, Allotment()).memory_request
            known = self._usage_of(usage)
            known.out_of_memory(usage.instance, requested=requested, time_s=now_s)
            log.info("a container was out of memory", container=container.key)

    def _forget(self, now_s: float) -> list[Container]:
        """Drop containers that are gone for good, and instances that are gone for a window."""
        gone = [c for c, usage in self._usage.items() if usage.is_forgotten(now_s)]
        for container in gone:
            del self._usage[container]
        for usage in self._usage.values():
            usage.forget_instances(now_s - 2 * self._rules.window_s)
        self._ended = {key: n for key, n in self._ended.items() if key[0] in self._usage}
        return gone

    def _keep(self) -> None:
        if not self._is_restored:
            return
        with self._lock:
            states = {container.key: usage.state() for container, usage in self._usage.items()}
        self._archive.add(lambda store: store.keep_checkpoints(KIND, states))


class _Gauges:
    """The recommendations as metrics; what is not recommended any more is gone."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("workload", "container", "bound")
        self._cpu = Gauge(
            contract.RECOMMENDED_CPU, "CPU a container should ask for.", labels, registry=registry
        )
        self._memory = Gauge(
            contract.RECOMMENDED_MEMORY,
            "Memory a container should ask for.",
            labels,
            registry=registry,
        )
        self._shown: dict[Gauge, set[tuple[str, str, str]]] = {
            self._cpu: set(),
            self._memory: set(),
        }

    def show(
        self, found: Mapping[Container, Recommendation], allotments: Mapping[Container, Allotment]
    ) -> None:
        cpu: dict[tuple[str, str, str], float] = {}
        memory: dict[tuple[str, str, str], float] = {}
        for container, one in found.items():
            limits = one.limits(allotments.get(container, Allotment()))
            cpu |= _labelled(container, one.cpu, limits[0], unit=1_000)
            memory |= _labelled(container, one.memory, limits[1], unit=1)
        # What stays is never away, not even for a scrape in this moment.
        for gauge, values in ((self._cpu, cpu), (self._memory, memory)):
            for labels, value in values.items():
                gauge.labels(*labels).set(value)
            for labels in self._shown[gauge] - set(values):
                gauge.remove(*labels)
            self._shown[gauge] = set(values)


def _labelled(
    container: Container, bounds: Bounds, limit: int | None, *, unit: int
) -> dict[tuple[str, str, str], float]:
    values = {
        "target": bounds.target,
        "lower": bounds.lower,
        "upper": bounds.upper,
        "limit": limit,
    }
    return {
        (container.workload, container.name, bound): value / unit
        for bound, value in values.items()
        if value is not None
    }


def _entries(
    container: Container, found: Recommendation, now: Allotment
) -> Iterable[dict[str, Any]]:
    cpu_limit, memory_limit = found.limits(now)
    for resource, unit, scale, bounds, request, limit, written in (
        ("cpu", "cores", 1_000, found.cpu, now.cpu_request_m, cpu_limit, _millicores),
        ("memory", "bytes", 1, found.memory, now.memory_request, memory_limit, _mebibytes),
    ):
        yield {
            "workload": container.workload,
            "container": container.name,
            "resource": resource,
            "unit": unit,
            "request": request / scale if request else None,
            "target": bounds.target / scale,
            "lower": bounds.lower / scale,
            "upper": None if bounds.upper is None else bounds.upper / scale,
            "limit": None if limit is None else limit / scale,
            "sentence": _sentence(resource, bounds, request, found.confidence, written),
        }


def _sentence(
    resource: str, bounds: Bounds, request: int, confidence: float, written: Callable[[int], str]
) -> str:
    most = "without bound" if bounds.upper is None else written(bounds.upper)
    known = f"{confidence:.1f} days" if confidence >= 0.95 else f"{24 * confidence:.1f} h"
    good = f"{written(bounds.lower)} to {most} is good enough, from {known} of usage"
    target = written(bounds.target)
    if not request:
        return f"Ask for {target} of {resource}; {good}."
    asked = written(request)
    if request < bounds.lower:
        return f"{asked} of {resource} is too little: ask for {target}; {good}."
    if bounds.upper is not None and request > bounds.upper:
        return f"{asked} of {resource} is too much: {target} would do; {good}."
    return f"{asked} of {resource} is good enough; {target} would be best; {good}."


def _millicores(amount: int) -> str:
    return f"{amount}m"


def _mebibytes(amount: int) -> str:
    return f"{amount / MEBI:.0f} MiB"
