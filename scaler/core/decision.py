"""How many replicas a workload shall have now, and why.

The reactive count, raised to the floor that the forecast asks for. What is promised, whatever the
forecast says and whatever fails:

- the count is never below the reactive one (after the bounds), nor outside the bounds;
- the load is starved no longer than by the reactive path alone, and replica-hours stay within the
  excess over that path's (see ``allowance``);
- without metrics there is no new floor, nothing is scaled in, and the last floor expires;
- while something holds scaling in (a rollout, a freeze, an anomaly), it scales out all the same.

It does not see a clock: a jump of the wall clock can empty the stabilization window early, as it
does in Kubernetes.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, isfinite

from scaler.core.allowance import Account, most, settled, since_s
from scaler.core.forecast import Absence, Forecast, Why
from scaler.core.policy import Policy, Step, in_force_at
from scaler.core.reactive import Alone, Window, highest, reactive_replicas, remembered
from scaler.core.reasons import Clamp, Decision
from scaler.core.schedule import Override
from scaler.core.sizing import EPSILON

__all__ = ["Clamp", "Decision", "Floor", "Memory", "Observation", "Policy", "decide"]

MEDIAN = 0.5
# Absences that say nothing against the last forecast: its floor holds until it expires.
SPEAKS_NOT_YET = frozenset({Why.NO_METRICS, Why.STARTING, Why.FITTING, Why.SHORT_HISTORY})


@dataclass(frozen=True, kw_only=True, slots=True)
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Floor:
    """What a forecast asks for, until it expires.

    Attributes:
        said: the forecast it comes from; ``None`` for one that was kept over a restart.
        load: the greatest quantile within the horizon.
        lower, median, upper: quantiles at the horizon, where known.
        made_at: when the forecast was made.
    """

    said: Forecast | None
    load: float
    lower: float | None
    median: float | None
    upper: float | None
    made_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    """What one decision leaves for the next: to be kept and given back, not to be read.

    Attributes:
        window: what the formula asked for of late.
        alone: what the reactive path would be at without the floor.
        floor: of the newest usable forecast.
        account: what the floor has cost and spared.
        highs, lows: what the floor asked for of late; the lows are negative.
        found: when the last decision was taken, seconds since the epoch, and the count it found.
        changes: (seconds since the epoch, replicas more) when the count that is found changed.
    """

    window: Window = ()
    alone: Alone | None = None
    floor: Floor | None = None
    account: Account | None = None
    highs: Window = ()
    lows: Window = ()
    found: tuple[float, int] | None = None
    changes: Window = ()


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
        now: aware.
        said_at: when the forecast was made; a floor made earlier than its time to live is none.
    """
    overrides: Sequence[Override] = ()
    if policy.overrides:
        policy, overrides = in_force_at(policy, now)
    floor = _floor(said, policy, memory.floor, made_at=said_at or now, load=observation.load)
    floor = floor if floor and _is_fresh(floor, policy, now) else None
    draft = _Draft(observation, policy, memory, floor, now)
    draft.see_change()
    if observation.load is None:
        draft.keep_all(overrides)
    else:
        draft.react(observation.load)
        draft.raise_to_floor()
        draft.hold_reactive()
        draft.add_extra(overrides)
        draft.move_slowly()
    draft.hold_in()
    draft.bound()
    return draft.decision(said, overrides), draft.memory()


class _Draft:
    """A decision in the making; whoever changes the wish says so with a clamp.

    Attributes:
        wish: the count so far.
        wanted: what the formula asks for on what is there; ``None`` without metrics.
        held: the same, within the stabilization window.
        base: the least that may be asked for: as ``held``, or what the path alone would be at.
        higher: what the forecast is multiplied by for what has come since it was made.
        raised: what the floor asks for after its limits; ``None`` without one.
        kept: what others shall keep whatever the load: by the overrides and what holds scaling in.
    """

    __slots__ = (
        "account",
        "alone",
        "at",
        "base",
        "changes",
        "clamps",
        "floor",
        "held",
        "higher",
        "highs",
        "kept",
        "lows",
        "now",
        "observation",
        "passed",
        "policy",
        "raised",
        "wanted",
        "was",
        "window",
        "wish",
    )

    def __init__(
        self,
        observation: Observation,
        policy: Policy,
        was: Memory,
        floor: Floor | None,
        now: datetime,
    ) -> None:
        self.observation, self.policy, self.was, self.floor = observation, policy, was, floor
        self.now, self.at = now, now.timestamp()
        self.clamps: list[Clamp] = []
        self.wish = self.held = self.base = observation.current
        self.wanted: int | None = None
        self.raised: int | None = None
        self.kept = 0
        self.alone, self.account = was.alone, was.account
        self.window, self.highs, self.lows = was.window, was.highs, was.lows
        self.changes = was.changes
        self.passed = 0.0
        self.higher = 1.0

    def clamp(self, name: str, to: int, why: str) -> None:
        self.clamps.append(Clamp(name, self.wish, to, why))
        self.wish = to

    def see_change(self) -> None:
        """Keep changes of the count for the longest time that a limit asks about."""
        policy, found, current = self.policy, self.was.found, self.observation.current
        steps = (*policy.steps_out, *policy.steps_in)
        if not (steps or policy.cooldown_s):
            return
        if found is not None and found[1] != current:
            self.changes = (*self.changes, (found[0], current - found[1]))
        longest = max([policy.cooldown_s, *(step.period_s for step in steps)])
        self.changes = tuple(c for c in self.changes if 0 <= self.at - c[0] < longest)

    def react(self, load: float) -> None:
        """What the formula asks for, on what is there and on what would be there without us."""
        policy, observation, at = self.policy, self.observation, self.at
        current = observation.current
        self.wish = self.wanted = wanted = reactive_replicas(
            load,
            ready=observation.ready,
            current=current,
            capacity=policy.capacity,
            target=policy.target,
            tolerance=policy.tolerance,
        )
        self.window = window = remembered(
            self.window, wanted, at=at, length_s=policy.stabilization_s
        )
        self.held = self.base = wanted if wanted >= current else min(current, highest(window))
        alone = self.alone or Alone.begun(current=current, ready=observation.ready, at=at)
        self.alone = alone = alone.after(
            load,
            at=at,
            capacity=policy.capacity,
            target=policy.target,
            minimum=policy.minimum,
            maximum=policy.maximum,
            stabilization_s=policy.stabilization_s,
            startup_s=policy.startup_s,
            tolerance=policy.tolerance,
        )
        if self.account is None:
            self.account = Account.begun(policy, at=at, current=current, alone=alone.current)
            return
        self.settle(load)

    def settle(self, load: float | None) -> None:
        if self.account is None or self.alone is None:
            return
        self.passed = since_s(self.account, self.at)
        self.account = settled(
            self.account,
            self.policy,
            at=self.at,
            ready=self.observation.ready,
            found=self.alone.found,
            load=load,
        )

    def raise_to_floor(self) -> None:
        """Up to what the forecast asks for, as far as it may."""
        account = self.account
        if self.floor is None or self.alone is None or account is None:
            return
        policy, floor, load = self.policy, self.floor, self.observation.load
        reactive = self.wish
        if floor.said is not None and load is not None:
            age_s = (self.now - floor.made_at).total_seconds()
            self.higher = floor.said.raised_by(load, age_s=age_s)
        # Beyond the maximum every load asks for the same; bounded, so that it always is a number.
        share = min(floor.load * self.higher / policy.capacity, policy.maximum + 1.0)
        self.wish = ceil(share - EPSILON)
        if policy.stabilization_out_s or policy.floor_window_s:
            self._steady(can_hold=account.can_hold(policy))
        # What it may cost has the last word, whatever was wished for before.
        cap = most(self.alone.current, account, policy, passed=self.passed)
        if self.wish > cap:
            why = (
                f"floor {cap} instead of {self.wish}: {policy.excess:g} times the reactive "
                "replica-hours at most"
            )
            self.clamp("excess cap", cap, why)
        if self.wish and account.is_spent(policy):
            why = f"no floor: the budget of {policy.budget:g} replica-hours a day is spent"
            self.clamp("budget", 0, why)
        self.raised = self.wish
        self.wish = max(reactive, self.wish)

    def _steady(self, *, can_hold: bool) -> None:
        """The floor within its stabilization windows.

        It falls at once where holding it cannot be afforded, and where the fall is within the
        tolerance: that is noise, and not the end of a peak.
        """
        policy, at = self.policy, self.at
        if policy.stabilization_out_s:
            seconds = policy.stabilization_out_s
            self.lows = remembered(self.lows, -self.wish, at=at, length_s=seconds)
            low = -highest(self.lows)
            if low < self.wish:
                why = f"floor {low} instead of {self.wish}: no more within the last {seconds:g} s"
                self.clamp("stabilization out", low, why)
        if policy.floor_window_s:
            seconds = policy.floor_window_s
            self.highs = remembered(self.highs, self.wish, at=at, length_s=seconds)
            high = highest(self.highs)
            if high > self.wish * (1 + policy.tolerance) and can_hold:
                why = f"the floor was {high} within the last {seconds:g} s"
                self.clamp("stabilization floor", high, why)

    def hold_reactive(self) -> None:
        """Not below what the reactive path asks for, nor, without credit, what it would be at."""
        if self.held > self.wish:
            window_s = self.policy.stabilization_s
            why = f"{self.held} was wished for within the last {window_s:g} s"
            self.clamp("stabilization", self.held, why)
        if self.alone is None or self.account is None or self.alone.current <= self.held:
            return
        if not self.account.has_credit(self.policy, since_s=self.passed):
            self.base = self.alone.current
            # What the minimum asks for is its own affair.
            if self.base > max(self.wish, self.policy.minimum):
                why = f"the reactive path alone would still be at {self.base}"
                self.clamp("alone", self.base, why)

    def add_extra(self, overrides: Sequence[Override]) -> None:
        for override in overrides:
            wanted = self.base + override.extra if override.extra else 0
            self.kept = max(self.kept, wanted, override.minimum or 0)
            if wanted > self.wish:
                why = f"{override.name} to {wanted}, {override.extra} more than the load needs"
                self.clamp("schedule", wanted, why)

    def move_slowly(self) -> None:
        """Within the step limits and the cool-down; the reactive count is not held back.

        Source: Kubernetes docs, Horizontal Pod Autoscaling, "Scaling policies";
        pkg/controller/podautoscaler/horizontal.go, ``calculateScaleUpLimitWithScalingRules``.
        """
        policy, current = self.policy, self.observation.current
        if self.wish > current and policy.steps_out:
            highs = [step.highest(current - self._moved(step, 1)) for step in policy.steps_out]
            limit = max(*highs, self.base, current)
            if limit < self.wish:
                step = policy.steps_out[highs.index(max(highs))]
                self.clamp("step out", limit, f"{limit} instead of {self.wish}: {step}")
        if self.wish < current and policy.steps_in:
            lows = [step.lowest(current - self._moved(step, -1)) for step in policy.steps_in]
            limit = min(*lows, current)
            if limit > self.wish:
                step = policy.steps_in[lows.index(min(lows))]
                self.hold("step in", limit, f"{step} at most")
        if self.wish < current and self.changes:
            ago = self.at - self.changes[-1][0]
            if ago < policy.cooldown_s:
                why = f"the last change was {ago:.0f} s ago, less than {policy.cooldown_s:g} s"
                self.hold("cooldown", current, why)

    def _moved(self, step: Step, direction: int) -> int:
        """Replicas that came (or went) within the period of a step."""
        since = self.at - step.period_s
        return sum(count for at, count in self.changes if at > since and count * direction > 0)

    def hold_in(self) -> None:
        """Nothing is scaled in for a reason that ends by itself, whatever is wished for."""
        observation = self.observation
        for name, why in (
            # While old and new replicas are mixed, no measurement says what fewer would do.
            ("rollout", observation.rollout),
            ("frozen", observation.frozen),
            # How long metrics stay away nobody knows: what is kept then is the floor, for its time.
            ("anomaly", None if observation.load is None else observation.hold_in),
        ):
            if why is not None:
                self.hold(name, observation.current, why)

    def hold(self, name: str, least: int, why: str) -> None:
        """Not below so many, nor shall others who scale the workload be."""
        self.kept = max(self.kept, least)
        if self.wish < least:
            self.clamp(name, least, why)

    def keep_all(self, overrides: Sequence[Override]) -> None:
        """Without metrics: what is there, and the last floor as long as it lives and is paid."""
        self.settle(None)
        self.wish = 0
        self.kept = max((override.minimum or 0 for override in overrides), default=0)
        self.raise_to_floor()
        current = self.observation.current
        self.clamp("no metrics", max(self.wish, current), "nothing is scaled in without metrics")

    def bound(self) -> None:
        policy, wish = self.policy, self.wish
        if wish > policy.maximum:
            self.clamp("maximum", policy.maximum, f"maximum {policy.maximum} instead of {wish}")
        if wish < policy.minimum:
            self.clamp("minimum", policy.minimum, f"minimum {policy.minimum} instead of {wish}")

    def decision(self, said: Forecast | Absence, overrides: Sequence[Override]) -> Decision:
        observation, policy, floor, alone = self.observation, self.policy, self.floor, self.alone
        absence = said.sentence if isinstance(said, Absence) else None
        reactive = None
        if observation.load is None:
            absence = observation.no_load_because
        else:
            reactive = min(max(self.held, policy.minimum), policy.maximum)
        return Decision(
            at=self.now,
            workload=policy.workload,
            from_replicas=observation.current,
            to_replicas=self.wish,
            wanted=self.wanted,
            reactive=reactive,
            floor=self.raised,
            keep=min(max(self.raised or 0, self.kept), self.wish) or None,
            load=observation.load,
            forecast=None if floor is None else floor.load * self.higher,
            quantile=policy.quantile,
            clamps=tuple(self.clamps),
            alone=None if alone is None else alone.current,
            ready=observation.ready,
            capacity=policy.capacity,
            target=policy.target,
            lower=None if floor is None else floor.lower,
            median=None if floor is None else floor.median,
            upper=None if floor is None else floor.upper,
            raised=self.higher - 1,
            load_unit=policy.load_unit,
            horizon_s=policy.horizon_s,
            schedule=tuple(each.name for each in overrides) if overrides else (),
            absence=absence,
        )

    def memory(self) -> Memory:
        account, alone = self.account, self.alone
        if account is not None and alone is not None:
            added = max(0, min(self.raised or 0, self.wish) - self.base)
            account = account.after(asked=self.wish, added=added, alone=alone.current)
        return Memory(
            window=self.window,
            alone=alone,
            floor=self.floor,
            account=account,
            highs=self.highs,
            lows=self.lows,
            found=(self.at, self.observation.current),
            changes=self.changes,
        )


def _floor(
    said: Forecast | Absence,
    policy: Policy,
    last: Floor | None,
    *,
    made_at: datetime,
    load: float | None,
) -> Floor | None:
    """The floor of a usable forecast; the last one while nothing can be said at all."""
    if load is None:
        return last
    if isinstance(said, Absence):
        return last if said.why in SPEAKS_NOT_YET else None
    if last is not None and last.said is said and last.made_at == made_at:
        return last
    peak = _greatest(said, policy.quantile)
    if not isfinite(peak):
        return None
    return Floor(
        said=said,
        load=peak,
        lower=_known(said.lower) if said.levels[0] < MEDIAN else None,
        median=_known(said.median),
        upper=_known(said.upper),
        made_at=made_at,
    )


def _greatest(said: Forecast, level: float) -> float:
    """The greatest load up to the horizon at a level; between two levels that were forecast, in
    proportion."""
    levels, greatest = said.levels, said.greatest
    place = min(bisect_left(levels, level), len(levels) - 1)
    high = float(greatest[place])
    if place == 0 or levels[place] <= level:
        return high
    below = float(greatest[place - 1])
    share = (level - levels[place - 1]) / (levels[place] - levels[place - 1])
    return below + share * (high - below)


def _known(value: float) -> float | None:
    return float(value) if isfinite(value) else None


def _is_fresh(floor: Floor, policy: Policy, now: datetime) -> bool:
    return abs((now - floor.made_at).total_seconds()) < policy.floor_ttl_s
