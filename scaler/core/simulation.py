"""A workload in fast motion: decisions on a recorded load, with replicas that start late.

A replica counts as ready a lead time after it was asked for; what is taken away is gone at once,
and those that still start go first. Whoever decides is a function of what can be seen at a tick,
so that other ways to scale run on the same load beside the real decisions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from scaler.core.decision import Memory, Observation, Policy, decide
from scaler.core.elasticity import Elasticity, elasticity
from scaler.core.forecast import Absence, Forecast, Why
from scaler.core.series import Floats, Ints
from scaler.core.sizing import replicas_for

__all__ = ["NOTHING", "Asked", "Ours", "Run", "at_ticks", "run", "said_of", "simulate"]

# (tick, load, ready replicas, replicas asked for before) -> replicas asked for.
Asked = Callable[[int, float, int, int], int]

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = Absence(why=Why.STANDING_BACK, sentence="none was made")


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """Each tick of a simulation, and its measures.

    Attributes:
        load: (ticks,) in the workload's unit.
        demand: (ticks,) least replicas that meet the objective.
        supply: (ticks,) ready replicas, as whoever decides finds them.
        asked: (ticks,) replicas asked for then.
    """

    load: Floats
    demand: Ints
    supply: Ints
    asked: Ints
    measures: Elasticity


def at_ticks(values: Floats, *, per_step: int) -> Floats:
    """(n,) values at the steps -> ((n - 1) * per_step + 1,) at the ticks, linear in between."""
    ticks = np.arange((len(values) - 1) * per_step + 1)
    return np.interp(ticks / per_step, np.arange(len(values)), values)


def run(load: Floats, asked: Asked, *, capacity: float, startup: int, tick_s: float = 15.0) -> Run:
    """Let something decide at every tick; it begins with exactly the replicas that are needed.

    Args:
        load: (ticks,) finite, >= 0.
        asked: who decides; called once a tick, in order.
        capacity: load that one ready replica sustains, > 0.
        startup: ticks from asking for a replica until it is ready.
        tick_s: length of a tick.
    """
    demand = np.maximum(1, replicas_for(load, capacity=capacity))
    current = ready = int(demand[0])
    starting: list[tuple[int, int]] = []
    supplied, wished = [], []
    for tick, now in enumerate(load.tolist()):
        while starting and starting[0][0] <= tick:
            ready += starting.pop(0)[1]
        supplied.append(ready)
        wish = asked(tick, now, ready, current)
        if wish > current:
            starting.append((tick + startup, wish - current))
        elif wish < current:
            ready = _taken_away(current - wish, ready, starting)
        current = wish
        wished.append(current)
    supply = np.array(supplied, dtype=np.int64)
    return Run(
        load=load,
        demand=demand,
        supply=supply,
        asked=np.array(wished, dtype=np.int64),
        measures=elasticity(
            demand=demand, supply=supply, load=load, capacity=capacity, tick_s=tick_s
        ),
    )


class Ours:
    """The real decisions; a new one for every run.

    Between two steps the load is a straight line. On steps that are longer than the horizon what is
    forecast for the next one is therefore asked for in proportion, as far as the horizon reaches.
    """

    def __init__(
        self,
        said: Sequence[Forecast | Absence],
        policy: Policy,
        *,
        step_s: float = 60.0,
        tick_s: float = 15.0,
    ) -> None:
        """``said``: what was forecast at each step."""
        self._said, self._policy = said, policy
        self._step_s, self._tick_s = step_s, tick_s
        self._memory = Memory()

    def __call__(self, tick: int, load: float, ready: int, current: int) -> int:
        step = int(tick * self._tick_s / self._step_s + 1e-9)
        decision, self._memory = decide(
            Observation(load=load, ready=ready, current=current),
            self._within_horizon(self._said[step], age_s=tick * self._tick_s - step * self._step_s),
            self._policy,
            memory=self._memory,
            now=EPOCH + timedelta(seconds=tick * self._tick_s),
            said_at=EPOCH + timedelta(seconds=step * self._step_s),
        )
        return decision.to_replicas

    def _within_horizon(self, said: Forecast | Absence, *, age_s: float) -> Forecast | Absence:
        share = (age_s + self._policy.horizon_s) / self._step_s
        if share >= 1 or isinstance(said, Absence) or not np.isfinite(said.now):
            return said
        return replace(said, peaks=said.now + share * (said.greatest - said.now))


def simulate(
    load: Floats,
    said: Floats | Sequence[Forecast | Absence],
    policy: Policy,
    *,
    tick_s: float = 15.0,
    step_s: float = 60.0,
    startup_s: float = 180.0,
) -> Run:
    """The real decisions at every tick of a load.

    Args:
        load: (n,) load at the steps, finite, >= 0; linear in between.
        said: (n,) what was forecast at each step; or the greatest upper quantile of it, NaN where
            there was none, so that all NaN is the reactive path alone.
        policy: of the workload.
        tick_s: between two decisions.
        step_s: between two values of ``load``.
        startup_s: from asking for a replica until it is ready.
    """
    per_step = round(step_s / tick_s)
    spoken = said_of(said, policy) if isinstance(said, np.ndarray) else said
    return run(
        at_ticks(load, per_step=per_step),
        Ours(spoken, replace(policy, startup_s=startup_s), step_s=step_s, tick_s=tick_s),
        capacity=policy.capacity,
        startup=round(startup_s / tick_s),
        tick_s=tick_s,
    )


def said_of(peaks: Floats, policy: Policy) -> list[Forecast | Absence]:
    """Forecasts of one lead time and certainty; NaN is none."""
    quantiles = np.repeat(peaks, 2).reshape(-1, 1, 2)
    return [
        Forecast(step=step, leads=(1,), levels=(0.5, policy.quantile), quantiles=each, skill=0.0)
        if is_known
        else NOTHING
        for step, (each, is_known) in enumerate(zip(quantiles, np.isfinite(peaks), strict=True))
    ]


def _taken_away(count: int, ready: int, starting: list[tuple[int, int]]) -> int:
    """Ready replicas after some are taken away: those that still start go first, newest first."""
    while count and starting:
        due, started = starting.pop()
        taken = min(count, started)
        count -= taken
        if started > taken:
            starting.append((due, started - taken))
    return ready - count
