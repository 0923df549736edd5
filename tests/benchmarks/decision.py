"""What deciding costs; no platform is needed.

One decision of each of 10 to 10,000 workloads, as in one cycle, and a day of ticks in simulation;
each beside the plain Kubernetes autoscaler on the same load, which decides and does nothing else.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from scaler.core.decision import Memory, Observation, Policy, decide
from scaler.core.forecast import Forecast
from scaler.core.series import Floats
from scaler.core.simulation import Run, at_ticks, simulate
from scaler.evidence.hpa import Hpa
from scaler.evidence.scenario import Scenario
from tests.benchmarks.table import Row

COUNTS = (10, 100, 1_000, 10_000)
# What one cycle of 1,000 workloads may take of one core, of which deciding is the least part.
CYCLE_S = 15.0
SHARE = 0.01
DAY = 1_440
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
POLICY = Policy(
    workload="w",
    load_unit="requests/s",
    capacity=5.0,
    target=0.9,
    minimum=1,
    maximum=1_000,
    quantile=0.95,
    stabilization_s=300.0,
    floor_ttl_s=600.0,
    horizon_s=300.0,
)
AGAINST = "the plain HPA"


def measured() -> Iterator[Row]:
    load = _load()
    plain_s = _plain_s(load)
    for count in COUNTS:
        yield Row(
            measure=f"{count:,} decisions",
            value=1_000 * _cycle_s(count),
            unit="ms",
            baseline=1_000 * plain_s * count,
            against=AGAINST,
            limit=1_000 * SHARE * CYCLE_S if count == 1_000 else None,
        )
    yield Row(
        measure="a simulated day, forecasts given",
        value=1_000 * _simulated_s(load),
        unit="ms",
        baseline=1_000 * plain_s * 4 * DAY,
        against=AGAINST,
    )


def _load() -> Floats:
    rng = np.random.default_rng(5)
    shape = 60 + 50 * np.sin(np.arange(DAY) / 100)
    load: Floats = np.maximum(shape + rng.normal(0, 4, DAY), 0.5)
    return load


def _plain_s(load: Floats) -> float:
    """Of one tick of the autoscaler alone."""
    scenario = Scenario(load=at_ticks(load, per_step=4), capacity=POLICY.capacity, target=0.9)
    began = time.process_time()
    scenario.run(Hpa(scenario))
    return (time.process_time() - began) / len(scenario.load)


def _cycle_s(count: int) -> float:
    """Of one cycle of so many workloads, each with a forecast of its own and a past to remember."""
    rng = np.random.default_rng(5)
    loads = rng.uniform(20, 100, count).tolist()
    forecasts = [_forecast(load) for load in loads]
    memories = [Memory()] * count
    counts = [20] * count
    rounds = max(2, 2_000 // count)
    began = time.process_time()
    for tick in range(rounds):
        now = NOW + timedelta(seconds=15 * tick)
        for place, load in enumerate(loads):
            observation = Observation(load=load, ready=counts[place], current=counts[place])
            decision, memories[place] = decide(
                observation, forecasts[place], POLICY, memory=memories[place], now=now
            )
            counts[place] = decision.to_replicas
    return (time.process_time() - began) / rounds


def _forecast(load: float) -> Forecast:
    quantiles = np.tile([load, 1.1 * load], (5, 1))
    return Forecast(
        step=0, leads=(1, 2, 3, 4, 5), levels=(0.5, 0.95), quantiles=quantiles, skill=0.3
    )


def _simulated_s(load: Floats) -> float:
    peaks = np.array([load[at : at + 6].max() for at in range(len(load))])
    began = time.process_time()
    run: Run = simulate(load, peaks, POLICY)
    took = time.process_time() - began
    assert len(run.asked) == 4 * (DAY - 1) + 1
    return took
