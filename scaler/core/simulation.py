"""A workload in fast motion: the real decisions on a recorded load, with replicas that start late.

A replica counts as ready a lead time after it was asked for; what is taken away is gone at once.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from scaler.core.decision import Memory, Observation, Policy, decide
from scaler.core.elasticity import Elasticity, elasticity
from scaler.core.forecast import Absence, Forecast, Why
from scaler.core.series import Floats, Ints
from scaler.core.sizing import replicas_for

__all__ = ["Run", "simulate"]

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """Each tick of a simulation, and its measures."""

    demand: Ints
    supply: Ints
    asked: Ints
    measures: Elasticity


def simulate(
    load: Floats,
    peaks: Floats,
    policy: Policy,
    *,
    tick_s: float = 15.0,
    step_s: float = 60.0,
    startup_s: float = 180.0,
) -> Run:
    """Decide at every tick of a load.

    Args:
        load: (n,) load at the steps, finite, >= 0; linear in between.
        peaks: (n,) greatest upper quantile that was forecast at each step; NaN where there was
            none, so that all NaN is the reactive path alone.
        policy: of the workload.
        tick_s: between two decisions.
        step_s: between two values of ``load``.
        startup_s: from asking for a replica until it is ready.
    """
    per_step = round(step_s / tick_s)
    ticks = np.arange((len(load) - 1) * per_step + 1)
    fine = np.interp(ticks / per_step, np.arange(len(load)), load)
    demand = np.maximum(1, replicas_for(fine, capacity=policy.capacity))
    supply, asked = np.zeros_like(demand), np.zeros_like(demand)
    startup, memory = round(startup_s / tick_s), Memory()
    current = ready = int(demand[0])
    starting: list[tuple[int, int]] = []
    for tick in ticks:
        while starting and starting[0][0] <= tick:
            ready += starting.pop(0)[1]
        now = EPOCH + timedelta(seconds=float(tick) * tick_s)
        observation = Observation(load=float(fine[tick]), ready=ready, current=current)
        said = _said(float(peaks[tick // per_step]), policy)
        decision, memory = decide(observation, said, policy, memory=memory, now=now)
        if decision.to_replicas > current:
            starting.append((int(tick) + startup, decision.to_replicas - current))
        else:
            ready = _taken_away(current - decision.to_replicas, ready, starting)
        current = decision.to_replicas
        supply[tick], asked[tick] = ready, current
    measures = elasticity(demand=demand, supply=supply, load=fine, capacity=policy.capacity)
    return Run(demand=demand, supply=supply, asked=asked, measures=measures)


def _said(peak: float, policy: Policy) -> Forecast | Absence:
    if not np.isfinite(peak):
        return Absence(why=Why.STANDING_BACK, sentence="none was made")
    return Forecast(
        step=0,
        leads=(1,),
        levels=(0.5, policy.quantile),
        quantiles=np.array([[peak, peak]]),
        skill=0.0,
    )


def _taken_away(count: int, ready: int, starting: list[tuple[int, int]]) -> int:
    """Ready replicas after some are taken away: those that still start go first, newest first."""
    while count and starting:
        due, started = starting.pop()
        taken = min(count, started)
        count -= taken
        if started > taken:
            starting.append((due, started - taken))
    return ready - count
