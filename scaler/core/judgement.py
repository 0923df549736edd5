"""Whether a decision was right, once it is known what came.

A replica that is asked for at ``t`` takes load from ``t`` + lead time on, and what a decision could
know reaches to ``t`` + horizon: this window judges it. In it, too few replicas cost ``under`` for
each missing replica and hour, too many ``over`` for each superfluous one, and the regret of a
decision is its cost minus that of the count that would have been best. Only counts that could have
been decided are compared: the reactive count is the least, so what the target share of the capacity
keeps in reserve is nobody's mistake.

Sources: Bell, "Regret in Decision Making under Uncertainty" (Operations Research, 1982); the cost
is the newsvendor's, as in Arrow, Harris and Marschak, "Optimal Inventory Policy" (1951).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np

from scaler.core.series import Floats, Ints
from scaler.core.sizing import replicas_for

__all__ = ["Judgement", "Outcome", "Prices", "Taken", "Verdict", "cost", "judged"]

# Costs are sums of products; below this two of them are the same.
EPSILON = 1e-9
# Bounded, so that every load asks for a number.
MOST_REPLICAS = 1_000_000


class Verdict(StrEnum):
    """What a decision was, in hindsight."""

    GOOD = "good"
    TOO_FEW = "too few"
    TOO_MANY = "too many"
    LATE = "late"
    NOT_NEEDED = "not needed"


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What an hour of a missing and of a superfluous replica costs; > 0, only the ratio matters."""

    under: float
    over: float = 1.0

    @classmethod
    def of_level(cls, level: float) -> "Prices":
        """Those at which the quantile of a level, in (0, 1), is the best count to have."""
        return cls(under=level / (1 - level))

    @property
    def level(self) -> float:
        """The critical ratio: the share of outcomes that the best count carries."""
        return self.under / (self.under + self.over)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A decision, as far as it is judged.

    Attributes:
        at: when it was taken.
        before: the count until then.
        replicas: the count that was decided.
        least, most: the counts that could have been decided; ``least`` is the reactive one.
        floor: what the forecast asked for, before any cap; ``None`` without one.
        upper: the load that the floor was to carry; ``None`` without one.
    """

    at: datetime
    before: int
    replicas: int
    least: int
    most: int
    floor: int | None = None
    upper: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What came after a decision, up to its horizon.

    Attributes:
        load: (n,) at each step since the decision, NaN where it is not known.
        ready: (n,) replicas that took load, NaN where they are not known.
        lead: the first of the steps, 0 <= lead < n, at which the decided count could be ready.
        capacity: load that one ready replica sustains, > 0.
        step_s: length of a step, seconds.
        is_strained: whether the workload missed its objective in the window; ``None`` where nobody
            measures it.
    """

    load: Floats
    ready: Floats
    lead: int
    capacity: float
    step_s: float
    is_strained: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A decision in hindsight.

    Attributes:
        at: when the decision was taken.
        verdict: in a word.
        replicas: what was decided.
        best: the best count that could have been decided, the nearest to ``replicas`` of equals.
        needed: the most that the load asked for in the window.
        missing, superfluous: replica-hours of the decided count against the load.
        regret: cost above that of the best count, >= 0, in superfluous replica-hours.
        floor_short: whether a higher floor would have been better; ``None`` where no floor made a
            difference: there was none, the reactive count alone carried the load, or the floor was
            at the maximum and the load above that.
        hints_at_capacity: whether the objective was missed although the count carried the load and
            the load was as forecast: then a replica sustains less than is thought.
        sentence: all of it for a person.
    """

    at: datetime
    verdict: Verdict
    replicas: int
    best: int
    needed: int
    missing: float
    superfluous: float
    regret: float
    floor_short: bool | None
    hints_at_capacity: bool
    sentence: str

    def shown(self) -> dict[str, Any]:
        """Plain values that JSON has."""
        return asdict(self) | {"at": self.at.isoformat(), "verdict": str(self.verdict)}

    @classmethod
    def restored(cls, kept: Mapping[str, Any]) -> "Judgement | None":
        """A judgement as it was shown; ``None`` for one that cannot be read."""
        try:
            given = {name: kept[name] for name in cls.__dataclass_fields__}
            at = datetime.fromisoformat(given.pop("at"))
            return cls(at=at, verdict=Verdict(given.pop("verdict")), **given)
        except (KeyError, TypeError, ValueError):
            return None


def judged(taken: Taken, outcome: Outcome, prices: Prices) -> Judgement | None:
    """The judgement of a decision whose horizon has passed; ``None`` if no load of it is known."""
    window = outcome.load[outcome.lead :]
    window = window[np.isfinite(window)]
    if not len(window):
        return None
    hours = outcome.step_s / 3600
    demand = _demand(window, outcome.capacity)
    needed = int(demand.max())
    choices = _choices(taken, demand)
    costs = [cost(count, demand, hours=hours, prices=prices) for count in choices]
    least = min(costs)
    own = cost(taken.replicas, demand, hours=hours, prices=prices)
    equals = [c for c, paid in zip(choices, costs, strict=True) if paid <= least + EPSILON]
    best = min(max(taken.replicas, equals[0]), equals[-1])
    ready = _fewest_ready(taken, outcome)
    is_as_forecast = taken.upper is None or float(window.max()) <= taken.upper
    hint = bool(outcome.is_strained) and ready is None and taken.replicas >= needed
    hint = hint and is_as_forecast
    verdict = Verdict.TOO_FEW if hint else _verdict(taken, best, is_late=ready is not None)
    return Judgement(
        at=taken.at,
        verdict=verdict,
        replicas=taken.replicas,
        best=best,
        needed=needed,
        missing=float(np.maximum(demand - taken.replicas, 0).sum() * hours),
        superfluous=float(np.maximum(taken.replicas - demand, 0).sum() * hours),
        regret=max(0.0, own - least),
        floor_short=_floor_short(taken, best, needed),
        hints_at_capacity=hint,
        sentence=_sentence(taken, best, needed, verdict, hint=hint, ready=ready),
    )


def cost(count: int, demand: Ints, *, hours: float, prices: Prices) -> float:
    """What a constant count costs against a demand.

    Args:
        demand: (n,) replicas that the load asks for at each step.
        hours: length of a step.
    """
    short = np.maximum(demand - count, 0).sum()
    spare = np.maximum(count - demand, 0).sum()
    return float((prices.under * short + prices.over * spare) * hours)


def _demand(load: Floats, capacity: float) -> Ints:
    return replicas_for(np.minimum(load, MOST_REPLICAS * capacity), capacity=capacity)


def _choices(taken: Taken, demand: Ints) -> list[int]:
    """Counts that one of the best is among, increasing: cost bends at a demand and nowhere else."""
    low = min(taken.least, taken.replicas)
    # No count above both the demand and the decision can be better than these.
    high = max(taken.replicas, taken.least, min(taken.most, int(demand.max())))
    return sorted({low, taken.replicas, *np.clip(demand, low, high).tolist()})


def _fewest_ready(taken: Taken, outcome: Outcome) -> int | None:
    """The fewest ready replicas while more of the decided ones were needed; ``None`` if never.

    What is missing before a new replica can be ready is laid to the decision that asked for it: it
    should have come earlier.
    """
    since = 0 if taken.replicas > taken.before else outcome.lead
    load, ready = outcome.load[since:], outcome.ready[since:]
    known = np.isfinite(load) & np.isfinite(ready)
    demand = _demand(load[known], outcome.capacity)
    ready = ready[known]
    short = ready < np.minimum(demand, taken.replicas)
    return int(ready[short].min()) if short.any() else None


def _verdict(taken: Taken, best: int, *, is_late: bool) -> Verdict:
    if taken.replicas < best:
        return Verdict.TOO_FEW
    if is_late:
        return Verdict.LATE
    if taken.replicas == best:
        return Verdict.GOOD
    is_of_forecast = taken.floor is not None and taken.floor > taken.least
    return Verdict.NOT_NEEDED if is_of_forecast and best == taken.least else Verdict.TOO_MANY


def _floor_short(taken: Taken, best: int, needed: int) -> bool | None:
    if taken.floor is None:
        return None
    if taken.floor >= taken.most and needed > taken.most:
        return None
    if taken.floor < needed and taken.replicas < best:
        return True
    return None if taken.floor < taken.least else False


def _sentence(
    taken: Taken, best: int, needed: int, verdict: Verdict, *, hint: bool, ready: int | None
) -> str:
    decided = f"{taken.replicas} {'replica' if taken.replicas == 1 else 'replicas'}"
    came = f"the load needed {needed}"
    if hint:
        return (
            f"Too few: {decided} had a load that needs {needed} and missed the objective all the "
            "same; one sustains less than is thought."
        )
    if verdict is Verdict.LATE:
        return f"Late: {decided} would have done, only {ready} were ready in time; {came}."
    if verdict is Verdict.GOOD:
        return f"Good: {decided}, {came}."
    if verdict is Verdict.NOT_NEEDED:
        return (
            f"Not needed: {decided} for a forecast that did not come; {came}, the reactive count "
            f"of {taken.least} would have done."
        )
    return f"{str(verdict).capitalize()}: {decided}, {came}; {best} would have been best."
