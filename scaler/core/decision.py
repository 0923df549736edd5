"""How many replicas a workload shall have now, and why.

The reactive count, raised to the floor that the forecast asks for. What is promised, whatever the
forecast says and whatever fails:

- the count is never below the reactive one (after the bounds), nor outside the bounds;
- the floor counts for at most 1.5 times the reactive count, rounded up, so that a forecast gone
  wild costs little;
- without metrics there is no new floor, nothing is scaled in, and the last floor expires.

It does not promise to be below a separate HPA that runs beside it: tolerance and stabilization
depend on the replicas that are there. Nor does it see a clock: a jump of the wall clock can empty
the stabilization window early, as it does in Kubernetes.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil

import numpy as np

from scaler.core.forecast import Absence, Forecast, Why
from scaler.core.reactive import reactive_replicas, stabilized
from scaler.core.sizing import replicas_for

__all__ = ["Decision", "Floor", "Memory", "Observation", "Policy", "decide"]

FLOOR_CAP = 1.5


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What one workload is scaled by.

    Attributes:
        workload: its name.
        load_unit: what the load counts, for sentences.
        capacity: load that one ready replica sustains, > 0.
        target: share of the capacity that the reactive path runs at, in (0, 1].
        minimum, maximum: bounds of the replicas, 0 <= minimum <= maximum.
        quantile: level of the forecast that becomes the floor, in (0.5, 1).
        stabilization_s: scale in only to the highest wish of this window, seconds.
        floor_ttl_s: after so long without a new forecast the last floor expires, seconds.
        horizon_s: how far ahead the forecast looks, seconds.
    """

    workload: str
    load_unit: str
    capacity: float
    target: float
    minimum: int
    maximum: int
    quantile: float
    stabilization_s: float
    floor_ttl_s: float
    horizon_s: float


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What is known now; ``None`` where nothing is.

    Attributes:
        load: in the workload's unit, finite, >= 0.
        ready: replicas that take load.
        current: replicas that are asked for.
        no_load_because: why ``load`` is ``None``, a clause.
    """

    load: float | None
    ready: int
    current: int
    no_load_because: str = "the metrics are missing"


@dataclass(frozen=True, kw_only=True)
class Floor:
    """The replicas that a forecast asked for, until it expires."""

    replicas: int
    load: float
    median: float
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class Wish:
    at: datetime
    reactive: int
    replicas: int


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What one decision leaves for the next."""

    wishes: tuple[Wish, ...] = ()
    floor: Floor | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A replica count with its reasons.

    Attributes:
        at: when it was taken.
        workload: for which.
        from_replicas, to_replicas: the count before and after.
        reactive: what the reactive path alone asks for, in bounds; ``None`` without metrics.
        floor: what the forecast asks for after its cap; ``None`` without one.
        load: the load now; ``None`` without metrics.
        forecast: the greatest upper quantile of the load within the horizon.
        quantile: its level.
        clamp: the bound or cap that changed the count, in words.
        cooldown: what holds back a scale-in, in words.
        reason: all of it in one sentence.
    """

    at: datetime
    workload: str
    from_replicas: int
    to_replicas: int
    reactive: int | None
    floor: int | None
    load: float | None
    forecast: float | None
    quantile: float
    clamp: str | None
    cooldown: str | None
    reason: str = field(compare=False)

    @property
    def changes(self) -> bool:
        return self.from_replicas != self.to_replicas

    @property
    def direction(self) -> str:
        if not self.changes:
            return "none"
        return "out" if self.to_replicas > self.from_replicas else "in"


def decide(
    observation: Observation,
    said: Forecast | Absence,
    policy: Policy,
    *,
    memory: Memory,
    now: datetime,
    said_at: datetime | None = None,
) -> tuple[Decision, Memory]:
    """One decision and what the next one has to remember.

    Args:
        said: the newest forecast, or why there is none.
        said_at: when the forecast was made; a floor made earlier than its time to live is none.
    """
    floor = _floor(said, policy, memory.floor, observation, made_at=said_at or now)
    floor = floor if floor and _is_fresh(floor, policy, now) else None
    wishes = _window(memory.wishes, policy, now)
    if observation.load is None:
        decision = _without_metrics(observation, floor, policy, now)
        return decision, Memory(wishes=wishes, floor=floor)
    current = observation.current
    wanted = reactive_replicas(
        observation.load,
        ready=observation.ready,
        current=current,
        capacity=policy.capacity,
        target=policy.target,
    )
    held = stabilized(wanted, current=current, past=tuple(w.reactive for w in wishes))
    cap = ceil(FLOOR_CAP * held)
    raised = min(floor.replicas, cap) if floor else 0
    wish = max(wanted, raised)
    stable = stabilized(wish, current=current, past=tuple(w.replicas for w in wishes))
    replicas = _bounded(max(stable, held), policy)
    decision = Decision(
        at=now,
        workload=policy.workload,
        from_replicas=current,
        to_replicas=replicas,
        reactive=_bounded(held, policy),
        floor=raised if floor else None,
        load=observation.load,
        forecast=floor.load if floor else None,
        quantile=policy.quantile,
        clamp=_clamp(max(stable, held), floor, cap, policy),
        cooldown=_cooldown(stable, wish, policy),
        reason="",
    )
    reason = _sentence(decision, said, policy, wish=_bounded(wish, policy))
    kept = (*wishes, Wish(at=now, reactive=wanted, replicas=wish))
    return replace(decision, reason=reason), Memory(wishes=kept, floor=floor)


def _floor(
    said: Forecast | Absence,
    policy: Policy,
    last: Floor | None,
    observation: Observation,
    *,
    made_at: datetime,
) -> Floor | None:
    """The floor of a usable forecast; without metrics, and without them only, the last one."""
    if observation.load is None:
        return last
    if isinstance(said, Absence):
        return last if said.why is Why.NO_METRICS else None
    if not np.isfinite(said.peak):
        return None
    # Beyond the maximum every load asks for the same; bounded, so that it always is a number.
    peak = min(said.peak, policy.capacity * (policy.maximum + 1))
    replicas = int(replicas_for(np.array([peak]), capacity=policy.capacity)[0])
    return Floor(replicas=replicas, load=said.peak, median=said.median, made_at=made_at)


def _is_fresh(floor: Floor, policy: Policy, now: datetime) -> bool:
    return abs((now - floor.made_at).total_seconds()) < policy.floor_ttl_s


def _window(wishes: tuple[Wish, ...], policy: Policy, now: datetime) -> tuple[Wish, ...]:
    """The wishes of the window; those of a future that a clock jumped back from are forgotten."""
    window = timedelta(seconds=policy.stabilization_s)
    return tuple(w for w in wishes if abs(now - w.at) < window)


def _bounded(replicas: int, policy: Policy) -> int:
    return min(max(replicas, policy.minimum), policy.maximum)


def _without_metrics(
    observation: Observation, floor: Floor | None, policy: Policy, now: datetime
) -> Decision:
    current = observation.current
    wish = max(current, floor.replicas) if floor else current
    replicas = _bounded(wish, policy)
    held = f"the floor of the last forecast, {floor.replicas}, holds" if floor else "no floor holds"
    reason = (
        f"{_change(current, replicas)}: {observation.no_load_because}; nothing is scaled in "
        f"without metrics, and {held}."
    )
    return Decision(
        at=now,
        workload=policy.workload,
        from_replicas=current,
        to_replicas=replicas,
        reactive=None,
        floor=floor.replicas if floor else None,
        load=None,
        forecast=floor.load if floor else None,
        quantile=policy.quantile,
        clamp=_clamp(wish, None, 0, policy),
        cooldown="never scale in without metrics",
        reason=reason,
    )


def _clamp(replicas: int, floor: Floor | None, cap: int, policy: Policy) -> str | None:
    if replicas > policy.maximum:
        return f"maximum {policy.maximum} instead of {replicas}"
    if replicas < policy.minimum:
        return f"minimum {policy.minimum} instead of {replicas}"
    if floor and floor.replicas > cap:
        return f"floor {cap} instead of {floor.replicas}: 1.5 times the reactive count at most"
    return None


def _cooldown(stable: int, wish: int, policy: Policy) -> str | None:
    if stable <= wish:
        return None
    return f"{stable} was wished for within the last {policy.stabilization_s:g} s"


def _change(before: int, after: int) -> str:
    noun = "replica" if after == 1 else "replicas"
    if before == after:
        return f"{after} {noun} kept"
    return f"From {before} to {after} {noun}"


def _sentence(decision: Decision, said: Forecast | Absence, policy: Policy, *, wish: int) -> str:
    unit = policy.load_unit
    parts = [f"the load of {decision.load:.4g} {unit} needs {decision.reactive}"]
    if decision.floor is not None and decision.forecast is not None:
        level = f"{policy.quantile * 100:g} % quantile"
        parts.append(
            f"the forecast within {policy.horizon_s:g} s ({decision.forecast:.4g} {unit}, {level}) "
            f"asks for {decision.floor}"
        )
    if isinstance(said, Absence):
        parts.append(f"no forecast: {said.sentence}")
    if decision.clamp:
        parts.append(f"limited to {decision.clamp}")
    if decision.cooldown and wish < decision.to_replicas:
        parts.append(f"not scaled in further, {decision.cooldown}")
    return f"{_change(decision.from_replicas, decision.to_replicas)}: {'; '.join(parts)}."
