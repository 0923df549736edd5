"""How many replicas a workload shall have now, and why.

The reactive count, raised to the floor that the forecast asks for. What is promised, whatever the
forecast says and whatever fails:

- the count is never below the reactive one (after the bounds), nor outside the bounds;
- it is never below what the reactive path would have asked for by now, had it run alone;
- the floor counts for at most 1.5 times that count, rounded up, so that a forecast gone wild costs
  little;
- without metrics there is no new floor, nothing is scaled in, and the last floor expires;
- while something holds scaling in (a rollout, a freeze, an anomaly), it scales out all the same.

It does not see a clock: a jump of the wall clock can empty the stabilization window early, as it
does in Kubernetes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil, isfinite
from typing import Any

from scaler.core.forecast import Absence, Forecast, Why
from scaler.core.reactive import TOLERANCE, Alone, Window, highest, reactive_replicas, remembered
from scaler.core.sizing import EPSILON

__all__ = ["Clamp", "Decision", "Floor", "Memory", "Observation", "Policy", "decide"]


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
        startup_s: lead time, from asking for a replica until it is ready, seconds.
        excess: most that the floor may be, as a multiple of the reactive count, >= 1.
        tolerance: the reactive path keeps its count while the ratio is this close to 1.
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
    startup_s: float = 180.0
    excess: float = 1.5
    tolerance: float = TOLERANCE


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What is known now; ``None`` where nothing is.

    Attributes:
        load: in the workload's unit, finite, >= 0.
        ready: replicas that take load.
        current: replicas that are asked for.
        no_load_because: why ``load`` is ``None``, a clause.
        rollout: a rollout in progress, a clause; nothing is scaled in meanwhile.
        frozen: who froze the workload and why, a clause; nothing is scaled in meanwhile.
        hold_in: what is odd about the metrics, a clause; nothing is scaled in meanwhile.
    """

    load: float | None
    ready: int
    current: int
    no_load_because: str = "the metrics are missing"
    rollout: str | None = None
    frozen: str | None = None
    hold_in: str | None = None


@dataclass(frozen=True, kw_only=True)
class Floor:
    """What a forecast asks for, until it expires.

    Attributes:
        said: the forecast it comes from; ``None`` for one that was kept over a restart.
        load: the greatest upper quantile within the horizon.
        lower, median, upper: quantiles at the horizon, where known.
        made_at: when the forecast was made.
    """

    said: Forecast | None
    load: float
    lower: float | None
    median: float | None
    upper: float | None
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What one decision leaves for the next: to be kept and given back, not to be read.

    Attributes:
        window: what the formula asked for of late.
        alone: what the reactive path would be at without the floor.
        floor: of the newest usable forecast.
    """

    window: Window = ()
    alone: Alone | None = None
    floor: Floor | None = None


@dataclass(frozen=True, slots=True)
class Clamp:
    """Something that changed the count on its way.

    Attributes:
        name: "excess cap", "maximum", ...
        before, after: replicas; ``None`` in decisions kept by a version that did not say.
        why: a clause.
    """

    name: str
    before: int | None
    after: int | None
    why: str

    @property
    def holds(self) -> bool:
        """Whether it holds back a scale-in; the others limit what is asked for."""
        return self.name in HOLDS


HOLDS = frozenset({"stabilization", "alone", "rollout", "frozen", "anomaly", "no metrics", "hold"})


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
        clamps: what changed the count on its way, in order.
        alone: what the reactive path would have asked for by now, had there been no floor.
        ready: replicas that take load.
        capacity, target: of one replica, and the share of it to run at.
        lower, median, upper: the load that is forecast for the horizon, where known.
        load_unit, horizon_s: for the sentence.
        absence: why there is no forecast, or no load.
        sentence: the reason as it was kept; ``None`` for a decision that was just taken.
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
    clamps: tuple[Clamp, ...] = ()
    alone: int | None = None
    ready: int | None = None
    capacity: float | None = None
    target: float | None = None
    lower: float | None = None
    median: float | None = None
    upper: float | None = None
    load_unit: str = "units"
    horizon_s: float | None = None
    absence: str | None = None
    sentence: str | None = field(default=None, compare=False)

    @property
    def reason(self) -> str:
        """All of it in one sentence; built when it is asked for, most never are."""
        return self.sentence or _sentence(self)

    @property
    def changes(self) -> bool:
        return self.from_replicas != self.to_replicas

    @property
    def direction(self) -> str:
        if not self.changes:
            return "none"
        return "out" if self.to_replicas > self.from_replicas else "in"

    @property
    def clamp(self) -> str | None:
        """The bound or cap that had the last word, in words."""
        return next((c.why for c in reversed(self.clamps) if not c.holds), None)

    @property
    def cooldown(self) -> str | None:
        """What holds back a scale-in, in words."""
        return next((c.why for c in self.clamps if c.holds), None)

    def details(self) -> dict[str, Any]:
        """The figures behind it, as plain values that JSON has."""
        return {
            "reactive": self.reactive,
            "alone": self.alone,
            "floor": self.floor,
            "ready": self.ready,
            "load": self.load,
            "load_unit": self.load_unit,
            "capacity": self.capacity,
            "target": self.target,
            "forecast": self.forecast,
            "quantile": self.quantile,
            "lower": self.lower,
            "median": self.median,
            "upper": self.upper,
            "horizon_s": self.horizon_s,
            "absence": self.absence,
            "clamp": self.clamp,
            "cooldown": self.cooldown,
            "clamps": [
                {"name": c.name, "from": c.before, "to": c.after, "why": c.why} for c in self.clamps
            ],
        }

    def stored(self) -> dict[str, Any]:
        """All of it but time and workload, as plain values that JSON has."""
        return {
            "from_replicas": self.from_replicas,
            "to_replicas": self.to_replicas,
            "reason": self.reason,
            **self.details(),
        }

    @classmethod
    def restored(cls, *, at: datetime, workload: str, kept: Mapping[str, Any]) -> "Decision":
        """A decision from what was kept of it, by this version or an older one."""
        names = (
            *("from_replicas", "to_replicas", "reactive", "floor", "load", "forecast", "quantile"),
            *("alone", "ready", "capacity", "target", "lower", "median", "upper", "load_unit"),
            *("horizon_s", "absence"),
        )
        return cls(
            at=at,
            workload=workload,
            clamps=_restored_clamps(kept),
            sentence=kept.get("reason"),
            **{name: kept[name] for name in names if name in kept},
        )


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
    floor = _floor(said, memory.floor, observation, made_at=said_at or now)
    floor = floor if floor and _is_fresh(floor, policy, now) else None
    if observation.load is None:
        return _without_metrics(observation, floor, policy, memory, now)
    at, load, current = now.timestamp(), observation.load, observation.current
    capacity, target = policy.capacity, policy.target
    minimum, maximum = policy.minimum, policy.maximum
    clamps: list[Clamp] = []
    wanted = reactive_replicas(
        load,
        ready=observation.ready,
        current=current,
        capacity=capacity,
        target=target,
        tolerance=policy.tolerance,
    )
    alone = memory.alone or Alone.begun(current=current, ready=observation.ready, at=at)
    alone = alone.after(
        load,
        at=at,
        capacity=capacity,
        target=target,
        minimum=minimum,
        maximum=maximum,
        stabilization_s=policy.stabilization_s,
        startup_s=policy.startup_s,
        tolerance=policy.tolerance,
    )
    window = remembered(memory.window, wanted, at=at, length_s=policy.stabilization_s)
    held = wanted if wanted >= current else min(current, highest(window))
    raised = _raised(floor, policy, alone.current, clamps) if floor else 0
    wish = wanted if wanted >= raised else raised
    if held > wish:
        why = f"{held} was wished for within the last {policy.stabilization_s:g} s"
        clamps.append(Clamp("stabilization", wish, held, why))
        wish = held
    if alone.current > wish:
        why = f"the reactive path alone would still be at {alone.current}"
        clamps.append(Clamp("alone", wish, alone.current, why))
        wish = alone.current
    if wish < current:
        wish = _held_in(observation, wish, clamps)
    replicas = _bounded(wish, policy, clamps)
    decision = Decision(
        at=now,
        workload=policy.workload,
        from_replicas=current,
        to_replicas=replicas,
        reactive=min(max(held, minimum), maximum),
        floor=raised if floor else None,
        load=load,
        forecast=floor.load if floor else None,
        quantile=policy.quantile,
        clamps=tuple(clamps),
        alone=alone.current,
        ready=observation.ready,
        capacity=capacity,
        target=target,
        lower=floor.lower if floor else None,
        median=floor.median if floor else None,
        upper=floor.upper if floor else None,
        load_unit=policy.load_unit,
        horizon_s=policy.horizon_s,
        absence=said.sentence if isinstance(said, Absence) else None,
    )
    return decision, Memory(window=window, alone=alone, floor=floor)


def _floor(
    said: Forecast | Absence, last: Floor | None, observation: Observation, *, made_at: datetime
) -> Floor | None:
    """The floor of a usable forecast; without metrics, and without them only, the last one."""
    if observation.load is None:
        return last
    if isinstance(said, Absence):
        return last if said.why is Why.NO_METRICS else None
    if last is not None and last.said is said and last.made_at == made_at:
        return last
    peak = said.peak
    if not isfinite(peak):
        return None
    lowest = float(said.quantiles[-1, 0]) if said.levels[0] < 0.5 else None
    return Floor(
        said=said,
        load=peak,
        lower=_known(lowest),
        median=_known(said.median),
        upper=_known(said.upper),
        made_at=made_at,
    )


def _known(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


def _is_fresh(floor: Floor, policy: Policy, now: datetime) -> bool:
    return abs((now - floor.made_at).total_seconds()) < policy.floor_ttl_s


def _raised(floor: Floor, policy: Policy, alone: int, clamps: list[Clamp]) -> int:
    """What the floor asks for, capped by what the reactive path alone would be at."""
    # Beyond the maximum every load asks for the same; bounded, so that it always is a number.
    share = min(floor.load / policy.capacity, policy.maximum + 1.0)
    raised = ceil(share - EPSILON)
    cap = ceil(policy.excess * alone)
    if raised > cap:
        why = f"floor {cap} instead of {raised}: {policy.excess:g} times the reactive count at most"
        clamps.append(Clamp("excess cap", raised, cap, why))
        return cap
    return raised


def _held_in(observation: Observation, wish: int, clamps: list[Clamp]) -> int:
    """A wish to scale in, unless something forbids it."""
    for name, why in (
        ("rollout", observation.rollout),
        ("frozen", observation.frozen),
        ("anomaly", observation.hold_in),
    ):
        if why is not None:
            clamps.append(Clamp(name, wish, observation.current, why))
            wish = observation.current
    return wish


def _bounded(wish: int, policy: Policy, clamps: list[Clamp]) -> int:
    if wish > policy.maximum:
        why = f"maximum {policy.maximum} instead of {wish}"
        clamps.append(Clamp("maximum", wish, policy.maximum, why))
        return policy.maximum
    if wish < policy.minimum:
        why = f"minimum {policy.minimum} instead of {wish}"
        clamps.append(Clamp("minimum", wish, policy.minimum, why))
        return policy.minimum
    return wish


def _without_metrics(
    observation: Observation,
    floor: Floor | None,
    policy: Policy,
    memory: Memory,
    now: datetime,
) -> tuple[Decision, Memory]:
    current = observation.current
    clamps: list[Clamp] = []
    alone = memory.alone
    raised = _raised(floor, policy, alone.current, clamps) if floor and alone else None
    wish = max(current, raised or 0)
    clamps.append(
        Clamp("no metrics", min(current, raised or 0), wish, "nothing is scaled in without metrics")
    )
    decision = Decision(
        at=now,
        workload=policy.workload,
        from_replicas=current,
        to_replicas=_bounded(wish, policy, clamps),
        reactive=None,
        floor=raised,
        load=None,
        forecast=floor.load if floor else None,
        quantile=policy.quantile,
        clamps=tuple(clamps),
        alone=alone.current if alone else None,
        ready=observation.ready,
        capacity=policy.capacity,
        target=policy.target,
        lower=floor.lower if floor else None,
        median=floor.median if floor else None,
        upper=floor.upper if floor else None,
        load_unit=policy.load_unit,
        horizon_s=policy.horizon_s,
        absence=observation.no_load_because,
    )
    return decision, Memory(window=memory.window, alone=alone, floor=floor)


def _change(before: int, after: int) -> str:
    noun = "replica" if after == 1 else "replicas"
    if before == after:
        return f"{after} {noun} kept"
    return f"From {before} to {after} {noun}"


def _sentence(decision: Decision) -> str:
    unit = decision.load_unit
    if decision.load is None:
        floor = decision.floor
        held = "no floor holds" if floor is None else f"the last forecast's floor, {floor}, holds"
        parts = [f"{decision.absence}", held]
    else:
        parts = [f"the load of {decision.load:.4g} {unit} needs {decision.reactive}"]
        if decision.floor is not None and decision.forecast is not None:
            level = f"{decision.quantile * 100:g} % quantile"
            parts.append(
                f"the forecast within {decision.horizon_s:g} s ({decision.forecast:.4g} {unit}, "
                f"{level}) asks for {decision.floor}"
            )
        if decision.absence:
            parts.append(f"no forecast: {decision.absence}")
    for clamp in decision.clamps:
        parts.append(f"{'not scaled in further' if clamp.holds else 'limited'}: {clamp.why}")
    return f"{_change(decision.from_replicas, decision.to_replicas)}: {'; '.join(parts)}."


def _restored_clamps(kept: Mapping[str, Any]) -> tuple[Clamp, ...]:
    if "clamps" in kept:
        return tuple(Clamp(c["name"], c["from"], c["to"], c["why"]) for c in kept["clamps"])
    words = (("limit", kept.get("clamp")), ("hold", kept.get("cooldown")))
    return tuple(Clamp(name, None, None, why) for name, why in words if why)
