"""A decision with everything that led to it, and the sentence that tells it to a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["Clamp", "Decision"]

# How the sentence begins to speak of a clamp; the others limit what is asked for.
HELD = frozenset(
    {
        "stabilization",
        "stabilization floor",
        "alone",
        "step in",
        "cooldown",
        "rollout",
        "frozen",
        "anomaly",
        "hold",
    }
)
ADDED = frozenset({"schedule"})
NO_METRICS = "no metrics"


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
        """Whether it holds back a scale-in."""
        return self.name in HELD or self.name == NO_METRICS

    @property
    def clause(self) -> str:
        if self.name == NO_METRICS:
            return self.why
        if self.name in ADDED:
            return f"raised by {self.why}"
        return f"not scaled in further, {self.why}" if self.holds else f"limited to {self.why}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A replica count with its reasons.

    Attributes:
        at: when it was taken.
        workload: for which.
        from_replicas, to_replicas: the count before and after.
        reactive: what the reactive path asks for within its window and the bounds; ``None`` without
            metrics.
        floor: what the forecast asks for after its cap; ``None`` without one.
        load: the load now; ``None`` without metrics.
        forecast: the greatest quantile of the load within the horizon, raised by what came since.
        quantile: its level.
        raised: the share that it was raised by, because the load is above what was forecast for
            now; >= 0.
        clamps: what changed the count on its way, in order.
        keep: what others who scale the workload shall keep by forecast, schedule and holds, within
            the limits; ``None`` where the reactive count is all there is.
        wanted: what the formula of the reactive path asks for, before its window and the bounds.
        alone: what the reactive path would have asked for by now, had there been no floor.
        ready: replicas that take load.
        capacity, target: of one replica, and the share of it to run at.
        lower, median, upper: the load that is forecast for the horizon, where known.
        load_unit, horizon_s: for the sentence.
        schedule: names of the overrides that hold.
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
    keep: int | None = None
    wanted: int | None = None
    alone: int | None = None
    ready: int | None = None
    capacity: float | None = None
    target: float | None = None
    lower: float | None = None
    median: float | None = None
    upper: float | None = None
    raised: float = 0.0
    load_unit: str = "units"
    horizon_s: float | None = None
    schedule: tuple[str, ...] = ()
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
            **{name: getattr(self, name) for name in FIGURES},
            "schedule": list(self.schedule),
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
        names = ("from_replicas", "to_replicas", *FIGURES)
        return cls(
            at=at,
            workload=workload,
            clamps=_restored_clamps(kept),
            schedule=tuple(kept.get("schedule", ())),
            sentence=kept.get("reason"),
            **{name: kept[name] for name in names if name in kept},
        )


# Those that are kept and shown as they are.
FIGURES = (
    "keep",
    "wanted",
    "reactive",
    "alone",
    "floor",
    "ready",
    "load",
    "load_unit",
    "capacity",
    "target",
    "forecast",
    "quantile",
    "lower",
    "median",
    "upper",
    "raised",
    "horizon_s",
    "absence",
)


def _change(before: int, after: int) -> str:
    noun = "replica" if after == 1 else "replicas"
    if before == after:
        return f"{after} {noun} kept"
    return f"From {before} to {after} {noun}"


def _sentence(decision: Decision) -> str:
    parts = [*_inputs(decision), *(clamp.clause for clamp in decision.clamps)]
    if decision.load is None:
        floor = decision.floor
        held = "no floor holds" if floor is None else f"the last forecast's floor, {floor}, holds"
        parts.append(held)
    return f"{_change(decision.from_replicas, decision.to_replicas)}: {'; '.join(parts)}."


def _inputs(decision: Decision) -> list[str]:
    unit = decision.load_unit
    parts = []
    if decision.load is not None:
        parts.append(f"the load of {decision.load:.4g} {unit} needs {decision.wanted}")
        if decision.floor is not None and decision.forecast is not None:
            raised = f"{decision.raised:.0%}"
            news = "" if raised == "0%" else f", {raised[:-1]} % higher for what came since"
            parts.append(
                f"the forecast within {decision.horizon_s:g} s ({decision.forecast:.4g} {unit}, "
                f"{decision.quantile * 100:g} % quantile{news}) asks for {decision.floor}"
            )
    if decision.absence:
        parts.append(f"{'' if decision.load is None else 'no forecast: '}{decision.absence}")
    if decision.schedule:
        parts.append(f"by the schedule of {', '.join(decision.schedule)}")
    return parts


def _restored_clamps(kept: Mapping[str, Any]) -> tuple[Clamp, ...]:
    if "clamps" in kept:
        return tuple(Clamp(c["name"], c["from"], c["to"], c["why"]) for c in kept["clamps"])
    words = (("limit", kept.get("clamp")), ("hold", kept.get("cooldown")))
    return tuple(Clamp(name, None, None, why) for name, why in words if why)
