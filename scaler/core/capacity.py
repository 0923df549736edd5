"""The load that one replica serves within its objective, learnt from the workload's own metrics.

Samples of load per ready replica beside utilisation, delay and queue wait go into sums by bin of
load that decay with time. What they say (`scaler.core.saturation`) is weighed against what is known
already: the configured capacity at first, later what was learnt. Without evidence the configured
capacity holds. Whatever the samples are, the capacity stays within its bounds and moves a little
at a time, down faster than up.

Two memories are kept, a long and a short one: the long one is precise, the short one sees within an
hour that a replica serves less than it used to. The lower one counts when they differ.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from scaler.core.saturation import Evidence, from_delay, from_utilisation
from scaler.core.series import Floats

__all__ = ["Belief", "Capacity", "CapacityModel", "CapacityRules", "Objective", "Sample"]

# Bins of load per replica, logarithmic around the configured capacity: 8 an octave, from 1/32 of it
# to 16 times. The first one holds all that is below, and tells what an idle replica uses.
BINS_AN_OCTAVE = 8
LOWEST_OCTAVE, HIGHEST_OCTAVE = -5, 4
BINS = 1 + BINS_AN_OCTAVE * (HIGHEST_OCTAVE - LOWEST_OCTAVE)
# Sums that are kept of each signal by bin: weight, weight times load, and two more.
SUMS_UTILISATION, SUMS_LATENCY, SUMS_WAIT = slice(0, 3), slice(3, 7), slice(7, 11)
SUMS = 11
# Units of evidence that weigh as much as what was known before: less for less capacity.
DOUBT_UP, DOUBT_DOWN = 30.0, 5.0
# Most change in one unit of time.
RISE, FALL = 0.01, 0.05
# The short memory counts where it says so much less than the long one.
DROP = 0.85
# A time that lies further back than so many units is that of a clock that was set.
JUMP = 10.0
# Units of time after a change of the ready replicas in which figures are those of a transition.
SETTLING = 2.0
# What a figure is believed to be wrong by while nothing was measured.
PRIOR_SPREAD = 0.5
# One-sided 90 %: the interval holds four of five.
Z = 1.28
# What lies within so much of a bound is decided by it.
OPEN = 1.25
# A utilisation beyond it is no share of anything.
MOST_UTILISATION = 1.5
# A delay counts as at most so many times its limit, so that a single one does not hide the others.
MOST_DELAY = 4.0


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What has to hold; ``None`` where nothing is asked.

    Attributes:
        utilisation: at most, in (0, 1].
        latency_s: at most, seconds, > 0.
        queue_wait_s: at most, seconds, > 0.
    """

    utilisation: float | None = None
    latency_s: float | None = None
    queue_wait_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class CapacityRules:
    """What is given of a workload.

    Attributes:
        configured: capacity in the workload's unit, > 0; what holds until something is learnt.
        minimum, maximum: bounds of what can be learnt, 0 < minimum <= configured <= maximum.
        unit: of the load, for sentences.
        unit_s: one unit of evidence, seconds: over how long a figure is an average.
        long_s, short_s: half-lives of the two memories, seconds.
    """

    configured: float
    minimum: float
    maximum: float
    objective: Objective
    unit: str = "units"
    unit_s: float = 60.0
    long_s: float = 86_400.0
    short_s: float = 3_600.0


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Figures of one moment.

    Attributes:
        time_s: Unix time.
        load: of the whole workload, in its unit.
        ready: replicas that share it.
        utilisation: share that is in use of what the ready replicas have, in [0, 1].
        release: of the code that runs; a change means that all must be learnt anew. ``None`` where
            it is not known.
    """

    time_s: float
    load: float
    ready: int
    utilisation: float | None = None
    latency_s: float | None = None
    queue_wait_s: float | None = None
    release: str | None = None


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What one replica serves.

    Attributes:
        value: in the workload's unit, within the bounds.
        lower, upper: where four of five times the truth lies, within the bounds.
        source: what decided: "configured", "utilisation", "latency", "queue wait", "release" (a new
            one, of which little is known) or "earlier" (what was learnt and is no longer seen).
        samples: units of evidence behind it, old ones weighing less.
        explanation: one sentence.
    """

    value: float
    lower: float
    upper: float
    source: str
    samples: float
    explanation: str


@dataclass(frozen=True, kw_only=True, eq=False)
class CapacityModel:
    """What is known of one workload; every sample gives a new value.

    Attributes:
        sums: (2, SUMS, BINS) of the long and the short memory.
        anchor: capacity that holds against little evidence; follows what was learnt.
        value: the capacity now.
        time_s, ready, settled_s: of the last sample, and since when the replicas are as they are.
        release: the newest one that was seen.
        is_new: a release was seen that little is known of yet.
        found: what the sums said last.
    """

    rules: CapacityRules
    sums: Floats = field(default_factory=lambda: np.zeros((2, SUMS, BINS)))
    anchor: float
    value: float
    time_s: float = -math.inf
    ready: int = 0
    settled_s: float = -math.inf
    release: str | None = None
    is_new: bool = False
    found: "Belief | None" = None

    @classmethod
    def of(cls, rules: CapacityRules) -> Self:
        """Nothing but what is configured."""
        return cls(rules=rules, anchor=rules.configured, value=rules.configured)

    @property
    def can_learn(self) -> bool:
        """Whether there is an objective that could say something."""
        return self.rules.objective != Objective()

    def observed(self, sample: Sample) -> "CapacityModel":
        """With one more sample; one that is no use changes nothing."""
        if not math.isfinite(sample.time_s):
            return self
        elapsed = 0.0
        if math.isfinite(self.time_s):
            elapsed = (sample.time_s - self.time_s) / self.rules.unit_s
            if -JUMP < elapsed <= 0:
                return self
            # A clock that was set back begins anew, or nothing would be learnt until it is there.
            elapsed = max(elapsed, 0.0)
        model = self._of_release(sample.release)
        settled_s = self.settled_s
        if sample.ready != self.ready:
            settled_s = sample.time_s
        sums = model.sums * self._decay(elapsed)
        is_settled = sample.time_s - settled_s >= SETTLING * self.rules.unit_s
        if sample.ready > 0 and is_settled and math.isfinite(sample.load) and sample.load > 0:
            # After a gap one sample speaks for one unit of time, not for the gap.
            _add(sums, sample, self.rules, weight=min(elapsed, 1.0))
        model = replace(
            model, sums=sums, time_s=sample.time_s, ready=sample.ready, settled_s=settled_s
        )
        return model._moved(min(elapsed, 1.0))

    def capacity(self) -> Capacity:
        """What one replica serves, and why that is believed."""
        found = self.found or _found(self.sums, anchor=self.anchor, rules=self.rules)
        source = self._source(found)
        lower = self._bounded(self.value * math.exp(-Z * found.spread))
        upper = self._bounded(self.value * math.exp(Z * found.spread))
        return Capacity(
            value=self.value,
            lower=lower,
            upper=upper,
            source=source,
            samples=found.weight,
            explanation=self._explained(found, source, lower, upper),
        )

    def state(self) -> dict[str, Any]:
        """All that a restart must not forget, as JSON holds it."""
        return {
            "configured": self.rules.configured,
            "sums": self.sums.tolist(),
            "anchor": self.anchor,
            "value": self.value,
            "time_s": self.time_s if math.isfinite(self.time_s) else None,
            "release": self.release,
            "is_new": self.is_new,
        }

    def restored(self, state: Mapping[str, Any]) -> "CapacityModel":
        """With what was kept; what cannot be used is left, and so is that of another setting.

        The bins are placed around the configured capacity, so another one makes them void.
        """
        try:
            sums = np.array(state["sums"], dtype=np.float64)
            anchor, value = float(state["anchor"]), float(state["value"])
            time_s = -math.inf if state["time_s"] is None else float(state["time_s"])
            release = None if state["release"] is None else str(state["release"])
            is_same = float(state["configured"]) == self.rules.configured
            is_new = bool(state["is_new"])
        except (KeyError, TypeError, ValueError, OverflowError):
            return self
        is_usable = sums.shape == self.sums.shape and bool((np.isfinite(sums) & (sums >= 0)).all())
        if not is_usable or not is_same or math.isnan(time_s) or not anchor > 0 or not value > 0:
            return self
        return replace(
            self,
            sums=sums,
            anchor=self._bounded(anchor),
            value=self._bounded(value),
            time_s=time_s,
            release=release,
            is_new=is_new,
        )

    def _of_release(self, release: str | None) -> "CapacityModel":
        """Learning anew where the release is another one than before."""
        if release is None or release == self.release:
            return self
        if self.release is None:
            return replace(self, release=release)
        # The last release served so much, this one may serve what is configured: between the two.
        anchor = self._bounded(math.sqrt(self.value * self.rules.configured))
        return replace(
            self, sums=np.zeros_like(self.sums), anchor=anchor, release=release, is_new=True
        )

    def _decay(self, elapsed: float) -> Floats:
        lives = np.array([self.rules.long_s, self.rules.short_s]) / self.rules.unit_s
        return np.asarray(0.5 ** (elapsed / lives))[:, None, None]

    def _moved(self, elapsed: float) -> "CapacityModel":
        """A step of the value towards what is believed, and of the anchor towards the value."""
        found = _found(self.sums, anchor=self.anchor, rules=self.rules)
        least, most = self.value * (1 - FALL) ** elapsed, self.value * (1 + RISE) ** elapsed
        value = self._bounded(min(max(found.value, least), most))
        share = 1 - 0.5 ** (elapsed * self.rules.unit_s / self.rules.long_s)
        anchor = self.anchor * (value / self.anchor) ** share
        return replace(
            self,
            value=value,
            anchor=self._bounded(anchor),
            found=found,
            is_new=self.is_new and found.weight < DOUBT_UP,
        )

    def _bounded(self, value: float) -> float:
        return min(max(value, self.rules.minimum), self.rules.maximum)

    def _source(self, found: "Belief") -> str:
        if self.is_new:
            return "release"
        if found.source:
            return found.source
        is_configured = abs(self.value / self.rules.configured - 1) < 0.02
        return "configured" if is_configured else "earlier"

    def _explained(self, found: "Belief", source: str, lower: float, upper: float) -> str:
        rules = self.rules
        said = f"One replica serves {self.value:.3g} {rules.unit} ({lower:.3g} to {upper:.3g})"
        configured = f"configured are {rules.configured:.3g}"
        if source == "configured":
            return f"{said}, as configured: {found.says}."
        if source == "release":
            before = "between what is configured and what the last release served"
            return f"{said}, {before}: {found.says}."
        if source == "earlier":
            return f"{said}, as it was learnt earlier: {found.says}; {configured}."
        seen = _duration(found.weight * rules.unit_s)
        return f"{said}: {found.says}, by {seen} of evidence; {configured}."


@dataclass(frozen=True, kw_only=True)
class Belief:
    """What one memory says: a value, its standard error as a share, and what decided.

    Attributes:
        source: the signal that decided; "" where none did.
        weight: units of evidence behind it.
        says: a clause.
    """

    value: float
    spread: float
    source: str
    weight: float
    says: str


def _add(sums: Floats, sample: Sample, rules: CapacityRules, *, weight: float) -> None:
    """Add a sample to both memories, in place; of it only what can be true."""
    load = sample.load / sample.ready
    share = load / rules.configured  # 0 of a load that is too small for a float's range
    octave = math.log2(share) if share > 0 else LOWEST_OCTAVE
    place = 1 + math.floor((octave - LOWEST_OCTAVE) * BINS_AN_OCTAVE)
    place = min(max(place, 0), BINS - 1)
    objective = rules.objective
    used = sample.utilisation
    if objective.utilisation and used is not None and 0 <= used <= MOST_UTILISATION:
        figures = (weight, weight * load, weight * min(used, 1.0))
        sums[:, SUMS_UTILISATION, place] += figures
    for limit, delay, where in (
        (objective.latency_s, sample.latency_s, SUMS_LATENCY),
        (objective.queue_wait_s, sample.queue_wait_s, SUMS_WAIT),
    ):
        if limit and delay is not None and 0 <= delay < math.inf:
            missed, share = delay > limit, min(delay / limit, MOST_DELAY)
            sums[:, where, place] += (weight, weight * load, weight * missed, weight * share)


def _found(sums: Floats, *, anchor: float, rules: CapacityRules) -> Belief:
    """What the long memory says, or the short one where that says much less."""
    long, short = (_believed(_evidence(memory, rules), anchor=anchor) for memory in sums)
    return short if short.value < DROP * long.value else long


def _evidence(sums: Floats, rules: CapacityRules) -> dict[str, Evidence]:
    """What each signal says whose objective is set."""
    objective = rules.objective
    found: dict[str, Evidence] = {}
    full = math.inf
    if objective.utilisation:
        weight, load, used = sums[SUMS_UTILISATION]
        # Without load a replica uses what it always uses.
        idle = used[0] / weight[0] if weight[0] >= 1 else 0.0
        found["utilisation"] = from_utilisation(
            weight=weight[1:],
            load=load[1:],
            used=used[1:],
            idle=min(idle, objective.utilisation / 2),
            limit=objective.utilisation,
        )
        full = found["utilisation"].high / objective.utilisation
    for name, limit, where in (
        ("latency", objective.latency_s, SUMS_LATENCY),
        ("queue wait", objective.queue_wait_s, SUMS_WAIT),
    ):
        if limit:
            weight, load, missed, share = sums[where]
            found[name] = from_delay(
                weight=weight,
                load=load,
                missed=missed,
                share=share,
                name=name,
                limit_s=limit,
                least=rules.minimum / 2,
                full=full,
            )
    return found


def _believed(evidence: Mapping[str, Evidence], *, anchor: float) -> Belief:
    """The capacity at which every objective holds, weighed against what was known before."""
    if not evidence:
        return Belief(
            value=anchor,
            spread=PRIOR_SPREAD,
            source="",
            weight=0.0,
            says="nothing of it is measured",
        )
    lowest = min(evidence, key=lambda name: evidence[name].low)
    highest = min(evidence, key=lambda name: evidence[name].high)
    low, high = evidence[lowest].low, evidence[highest].high
    target = min(max(anchor, low), high)
    if target < anchor or (high <= OPEN * target and target > low):
        name, weight, doubt = highest, evidence[highest].weight_high, DOUBT_DOWN
    elif target > anchor or target <= OPEN * low:
        name, weight, doubt = lowest, evidence[lowest].weight_low, DOUBT_UP
    else:
        name, weight, doubt = "", 0.0, DOUBT_UP
    if not name:
        total = max(max(one.weight_low, one.weight_high) for one in evidence.values())
        says = evidence[lowest].says + _left(low, high)
        return Belief(value=anchor, spread=PRIOR_SPREAD, source="", weight=total, says=says)
    share = weight / (weight + doubt)
    spread = math.hypot((1 - share) * PRIOR_SPREAD, share * evidence[name].spread)
    return Belief(
        value=anchor * (target / anchor) ** share,
        spread=spread,
        source=name,
        weight=weight,
        says=evidence[name].says,
    )


def _left(low: float, high: float) -> str:
    """What the signals leave open, as the end of a sentence; nothing where that is all."""
    if low > 0 and math.isfinite(high):
        return f"; what was seen leaves it between {low:.3g} and {high:.3g}"
    if low > 0:
        return f"; by what was seen it is at least {low:.3g}"
    return f"; by what was seen it is at most {high:.3g}" if math.isfinite(high) else ""


def _duration(seconds: float) -> str:
    if seconds >= 7_200:
        return f"{seconds / 3_600:.3g} h"
    return f"{seconds / 60:.3g} min" if seconds >= 120 else f"{seconds:.3g} s"
