"""What a workload is scaled by: its limits, how fast it may move, and when other limits hold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from math import ceil, floor, isfinite

from scaler.core.errors import PolicyError
from scaler.core.reactive import TOLERANCE
from scaler.core.schedule import Override, in_force, must_agree

__all__ = ["Policy", "Step", "in_force_at", "must_fit"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """The most that the count may change within a period; either of the two is given.

    Attributes:
        period_s: seconds, > 0.
        replicas: so many, >= 1.
        percent: of the count when the period began, > 0.
    """

    period_s: float
    replicas: int | None = None
    percent: float | None = None

    def __post_init__(self) -> None:
        if not self.period_s > 0:
            raise PolicyError("period_s", f"{self.period_s:g}", "above 0")
        if (self.replicas is None) == (self.percent is None):
            raise PolicyError(
                "replicas, percent", f"{self.replicas}, {self.percent}", "one of the two"
            )
        if self.replicas is not None and self.replicas < 1:
            raise PolicyError("replicas", f"{self.replicas}", "1 or more")
        if self.percent is not None and not self.percent > 0:
            raise PolicyError("percent", f"{self.percent:g}", "above 0")

    def highest(self, before: int) -> int:
        """The most after a period that began with ``before`` replicas."""
        if self.replicas is not None:
            return before + self.replicas
        return ceil(before * (1 + (self.percent or 0.0) / 100))

    def lowest(self, before: int) -> int:
        """The least after a period that began with ``before`` replicas."""
        if self.replicas is not None:
            return before - self.replicas
        return floor(before * (1 - (self.percent or 0.0) / 100))

    def __str__(self) -> str:
        most = f"{self.percent:g} %" if self.replicas is None else f"{self.replicas} replicas"
        return f"{most} in {self.period_s:g} s"


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What one workload is scaled by; one that contradicts itself cannot be made.

    Attributes:
        workload: its name.
        load_unit: what the load counts, for sentences.
        capacity: load that one ready replica sustains, > 0.
        target: share of the capacity that the reactive path runs at, in (0, 1].
        minimum, maximum: bounds of the replicas, 0 <= minimum <= maximum.
        quantile: level of the forecast that becomes the floor, in (0.5, 1).
        stabilization_s: the reactive path scales in only to the highest wish of this window.
        floor_ttl_s: after so long without a new forecast the last floor expires, seconds.
        horizon_s: how far ahead the forecast looks, seconds.
        startup_s: lead time, from asking for a replica until it is ready, seconds.
        tolerance: the reactive path keeps its count while the ratio is this close to 1.
        excess: replica-hours may be so many times those of the reactive path alone, >= 1.
        excess_window_s: a floor that needed less than that may need more later; so much of it is
            saved up at most, seconds. 0 caps every single count instead.
        budget: replica-hours that the floor may add in a day; ``None`` for no such end.
        zone: by whose midnight a day of the budget ends.
        stabilization_out_s: the floor rises only to its lowest of this window, seconds.
        stabilization_floor_s: the floor falls only to its highest of this window, seconds; ``None``
            for half-way between lead time and horizon: what was asked for a peak is not called off
            before the peak could have come.
        cooldown_s: nothing is scaled in so long after the count has changed, seconds.
        steps_out: how fast the floor may raise the count; of several the most permissive counts.
        steps_in: how fast the count may fall; of several the most permissive counts.
        overrides: limits for some hours; where several hold, later ones have the last word.

    What limits scaling out limits the floor only: never the reactive count.

    Raises:
        PolicyError: a value breaks its rule, or two contradict each other.
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
    tolerance: float = TOLERANCE
    excess: float = 1.5
    excess_window_s: float = 10_800.0
    budget: float | None = None
    zone: tzinfo = UTC
    stabilization_out_s: float = 0.0
    stabilization_floor_s: float | None = None
    cooldown_s: float = 0.0
    steps_out: tuple[Step, ...] = ()
    steps_in: tuple[Step, ...] = ()
    overrides: tuple[Override, ...] = ()

    def __post_init__(self) -> None:
        _must_be(self.capacity > 0 and isfinite(self.capacity), "capacity", self.capacity, "> 0")
        _must_be(0 < self.target <= 1, "target", self.target, "in (0, 1]")
        _must_be(0 < self.quantile < 1, "quantile", self.quantile, "in (0, 1)")
        _must_be(self.minimum >= 0, "minimum", self.minimum, ">= 0")
        allowed = f"at most maximum, {self.maximum}"
        _must_be(self.minimum <= self.maximum, "minimum", self.minimum, allowed)
        _must_be(self.horizon_s > 0, "horizon_s", self.horizon_s, "> 0")
        _must_be(self.excess >= 1 and isfinite(self.excess), "excess", self.excess, ">= 1")
        if self.budget is not None:
            _must_be(self.budget >= 0, "budget", self.budget, ">= 0")

    @property
    def floor_window_s(self) -> float:
        """The window of the falling floor, seconds."""
        if self.stabilization_floor_s is not None:
            return self.stabilization_floor_s
        return max(self.startup_s, (self.startup_s + self.horizon_s) / 2)

    def within(self, minimum: int, maximum: int) -> "Policy":
        """The policy inside the bounds of whoever runs the replicas; theirs are the last word."""
        if minimum <= self.minimum and self.maximum <= maximum and not self.overrides:
            return self
        lowest = max(self.minimum, minimum)

        def inside(bound: int | None) -> int | None:
            return None if bound is None else min(max(bound, minimum), maximum)

        return replace(
            self,
            minimum=lowest,
            maximum=max(lowest, min(self.maximum, maximum)),
            overrides=tuple(
                replace(each, minimum=inside(each.minimum), maximum=inside(each.maximum))
                for each in self.overrides
            ),
        )


def must_fit(overrides: Sequence[Override], *, minimum: int, maximum: int) -> None:
    """Whether one bound of an override fits the usual other one, and those of other overrides.

    Raises:
        PolicyError: it does not.
    """
    must_agree(overrides)
    for override in overrides:
        name = f"schedule {override.name!r}"
        if override.minimum is not None and override.maximum is None:
            fits, allowed = override.minimum <= maximum, f"at most maximum, {maximum}"
            _must_be(fits, f"{name}: minimum", override.minimum, allowed)
        if override.maximum is not None and override.minimum is None:
            fits, allowed = override.maximum >= minimum, f"at least minimum, {minimum}"
            _must_be(fits, f"{name}: maximum", override.maximum, allowed)


def in_force_at(policy: Policy, now: datetime) -> tuple[Policy, Sequence[Override]]:
    """The policy as its overrides leave it at an aware time, and which of them hold.

    Those that contradict each other are refused where they are configured (`must_fit`). Should a
    minimum be above a maximum all the same, it wins: too many replicas cost less than too few.
    """
    overrides = in_force(policy.overrides, now)
    minimum, maximum, target = policy.minimum, policy.maximum, policy.target
    for override in overrides:
        minimum = minimum if override.minimum is None else override.minimum
        maximum = maximum if override.maximum is None else override.maximum
        target = target if override.target is None else override.target
    if (minimum, maximum, target) == (policy.minimum, policy.maximum, policy.target):
        return policy, overrides
    changed = replace(
        policy, minimum=minimum, maximum=max(minimum, maximum), target=target, overrides=()
    )
    return changed, overrides


def _must_be(holds: bool, field: str, found: float, allowed: str) -> None:
    if not holds:
        raise PolicyError(field, f"{found:g}", allowed)
