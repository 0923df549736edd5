"""What capacity and resources cost and spare; no platform is needed.

Cost: learning the capacity of 10 to 1,000 workloads once, and recommending for as many containers,
each beside one multiplication of two small matrices on the same machine. Worth: requests as they
are recommended beside the greatest usage of the time before, which is what people set by hand.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np

from scaler.core.capacity import CapacityModel, CapacityRules, Objective, Sample
from scaler.core.resources import ContainerUsage, ResourceRules
from tests.benchmarks.table import Row

COUNTS = (10, 100, 1_000)
DAY = 1_440
# What one cycle of 1,000 workloads may take of one core, forecasts and decisions included.
CYCLE_S = 15.0
RULES = CapacityRules(
    configured=100.0,
    minimum=30.0,
    maximum=300.0,
    objective=Objective(utilisation=0.8, latency_s=0.5, queue_wait_s=30.0),
)
BARE = ResourceRules(least_cpu_m=0, least_memory=0)
MOST_USAGE = "the greatest usage of the days before"


def measured() -> Iterator[Row]:
    yield from _costs("capacities learnt, all three signals", _learning, limit_s=0.1 * CYCLE_S)
    yield from _costs("containers looked at and recommended for", _recommending, limit_s=None)
    yield from _worth()


def _costs(
    name: str, make: Callable[[int], Callable[[], None]], *, limit_s: float | None
) -> Iterator[Row]:
    """The time of one round over so many, against a yardstick of the same moment."""
    for count in COUNTS:
        work = make(count)
        yardstick = _yardstick_s()
        rounds = max(3, 300 // count)
        began = time.process_time()
        for _ in range(rounds):
            work()
        took = (time.process_time() - began) / rounds
        yield Row(
            measure=f"{count:,} {name}",
            value=1_000 * took,
            unit="ms",
            baseline=1_000 * yardstick,
            against="a product of two 200 x 200 matrices",
            limit=1_000 * limit_s if limit_s and count == max(COUNTS) else None,
        )


def _yardstick_s() -> float:
    rng = np.random.default_rng(0)
    left, right = rng.random((200, 200)), rng.random((200, 200))
    began = time.process_time()
    for _ in range(50):
        left @ right
    return (time.process_time() - began) / 50


def _learning(count: int) -> Callable[[], None]:
    """One sample for each of so many models that have seen a day."""
    rng = np.random.default_rng(0)
    learnt = CapacityModel.of(RULES)
    for minute in range(DAY):
        learnt = learnt.observed(_sample(60.0 * minute, float(rng.uniform(10, 110))))
    models, now_s = [learnt] * count, 60.0 * DAY

    def work() -> None:
        nonlocal now_s
        now_s += 60.0
        for number, model in enumerate(models):
            models[number] = model.observed(_sample(now_s, float(rng.uniform(10, 110))))

    return work


def _sample(time_s: float, load: float) -> Sample:
    return Sample(
        time_s=time_s,
        load=3 * load,
        ready=3,
        utilisation=load / 120,
        latency_s=0.05 / (1 - load / 120),
        queue_wait_s=load / 20,
    )


def _recommending(count: int) -> Callable[[], None]:
    """A look at each of so many containers of three instances, and what they should ask for."""
    rng = np.random.default_rng(0)
    usages, now_s = [ContainerUsage(BARE) for _ in range(count)], 0.0

    def work() -> None:
        nonlocal now_s
        now_s += 60.0
        for usage in usages:
            for instance in ("a", "b", "c"):
                usage.used_cpu(instance, float(rng.gamma(2, 0.1)), time_s=now_s)
                usage.used_memory(instance, float(rng.gamma(20, 1e7)), time_s=now_s)
            usage.recommendation()

    work()
    return work


def _worth() -> Iterator[Row]:
    """Slack of the requests in the fourth week, after three of learning, on 40 containers.

    The usage is made up: a day with a peak, noise, and in one of a hundred hours a burst of three
    times as much, which a request need not cover as the CPU that others leave idle does.
    """
    rng = np.random.default_rng(7)
    ours, greatest, short = [], [], []
    for _ in range(40):
        base, swing = rng.uniform(0.05, 1.0), rng.uniform(0.1, 0.9)
        at = np.arange(28 * DAY // 5)  # every five minutes
        wave = 1 + swing * np.sin(2 * np.pi * at / (DAY / 5))
        burst = np.where(np.repeat(rng.random(len(at) // 12 + 1) < 0.01, 12)[: len(at)], 3.0, 1.0)
        cores = base * wave * burst * rng.lognormal(0, 0.15, len(at))
        split = 21 * DAY // 5
        usage = ContainerUsage(BARE)
        usage.used_memory("a", 1e8, time_s=0.0)
        for step in range(split):
            usage.used_cpu("a", float(cores[step]), time_s=300.0 * step)
        found = usage.recommendation()
        assert found is not None  # both resources were seen
        target, week = found.cpu.target / 1_000, cores[split:]
        ours.append(1 - week.mean() / target)
        greatest.append(1 - week.mean() / float(cores[:split].max()))
        short.append(float((week > target).mean()))
    yield Row(
        measure="slack of the CPU request, recommended",
        value=100 * float(np.mean(ours)),
        unit="%",
        baseline=100 * float(np.mean(greatest)),
        against=MOST_USAGE,
        limit=60.0,
    )
    yield Row(
        measure="time with more CPU in use than asked for",
        value=100 * float(np.mean(short)),
        unit="%",
        baseline=10.0,
        against="the share that the 90th percentile leaves",
        limit=10.0,
    )
