"""What judged decisions teach: the quantile that the floor shall be, and doubts of the capacity.

The best floor is the newsvendor's quantile: the level at which one more replica costs as much as it
saves, ``under / (under + over)``. That holds for a forecast whose quantiles are true and for a load
that can be served by parts of a replica; neither is quite so. So the level starts there and follows
what came: it is raised where floors were short more often than this ratio allows, and lowered where
they were short less often, slowly, in bounded steps, and only for a difference that is hardly by
chance. Where the floor made no difference, because the reactive count was above it and enough,
nothing is learnt.

Sources: Arrow, Harris and Marschak, "Optimal Inventory Policy" (1951); the update is the online
quantile tracking of Gibbs and Candès, "Adaptive Conformal Inference Under Distribution Shift"
(NeurIPS 2021), here on whole replicas and in log-odds, so that no step leaves (0, 1).
"""

from dataclasses import dataclass, field, replace
from math import exp, log, sqrt

from scaler.core.judgement import Judgement

__all__ = ["CapacityHint", "Learning", "Outcomes", "learnt"]

LEAST_LEVEL, MOST_LEVEL = 0.8, 0.995
# Outcomes between two changes of the level: a third of a day of minutes. With half of it, and one
# deviation below, the level of true quantiles wandered and cost up to 1.7 % more on a public trace.
BATCH = 480
# Neighbouring outcomes share most of their window: so many count as one.
CORRELATED = 5
# A difference below so many standard deviations is chance.
NOTABLE = 2.0
# The greatest change at once, in log-odds: from 95 % to 95.9 % or to 94.0 %.
STEP = 0.2
# So many missed objectives of the last judged decisions speak against the capacity.
HINTS_WINDOW, HINTS_NEEDED = 60, 6


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """Judged decisions by verdict, and what they cost."""

    verdicts: dict[str, int] = field(default_factory=dict)
    regret: float = 0.0

    def with_one(self, judgement: Judgement) -> "Outcomes":
        count = self.verdicts.get(judgement.verdict, 0) + 1
        verdicts = self.verdicts | {str(judgement.verdict): count}
        return Outcomes(verdicts=verdicts, regret=self.regret + judgement.regret)


@dataclass(frozen=True, kw_only=True)
class CapacityHint:
    """Evidence that a replica sustains less than is thought.

    Attributes:
        strained: judged decisions of late that missed the objective with enough replicas.
        judged: of so many.
    """

    strained: int
    judged: int

    @property
    def sentence(self) -> str:
        return (
            f"{self.strained} of the last {self.judged} judged decisions missed the objective "
            "although the replicas carried a load that was as forecast: the capacity is less than "
            "thought"
        )


@dataclass(frozen=True, kw_only=True)
class Learning:
    """What one workload has learnt from its judged decisions; every outcome gives a new value.

    Attributes:
        start: the level that is set, else the critical ratio of the costs; the level started there,
            within its bounds.
        level: quantile level of the floor now.
        floors, short: outcomes since the last change, and how many of them were above the floor.
        strained: of the last judged decisions, oldest first, whether they hint at the capacity.
        outcomes: all judged decisions.
        why: how the level came to be, a sentence.
    """

    start: float
    level: float
    floors: int = 0
    short: int = 0
    strained: tuple[bool, ...] = ()
    outcomes: Outcomes = field(default_factory=Outcomes)
    why: str = ""

    @classmethod
    def at(cls, start: float) -> "Learning":
        """Nothing learnt yet.

        Args:
            start: the level that is set, else the critical ratio of the costs, in (0, 1).
        """
        level = min(max(start, LEAST_LEVEL), MOST_LEVEL)
        why = f"{_percent(level)} as configured"
        if level != start:
            why = f"{_percent(level)}, the nearest allowed to the configured {_percent(start)}"
        return cls(start=start, level=level, why=why)

    @property
    def capacity_hint(self) -> CapacityHint | None:
        """Evidence against the capacity, if there is enough."""
        strained = sum(self.strained)
        if strained < HINTS_NEEDED:
            return None
        return CapacityHint(strained=strained, judged=len(self.strained))

    def without_hints(self) -> "Learning":
        """After the capacity was learnt anew: older evidence is against another one."""
        return replace(self, strained=())


def learnt(learning: Learning, judgement: Judgement) -> Learning:
    """With one more judged decision."""
    strained = (*learning.strained, judgement.hints_at_capacity)[-HINTS_WINDOW:]
    learning = replace(learning, strained=strained, outcomes=learning.outcomes.with_one(judgement))
    if judgement.floor_short is None or judgement.hints_at_capacity:
        return learning
    short = learning.short + int(judgement.floor_short)
    learning = replace(learning, floors=learning.floors + 1, short=short)
    return _moved(learning) if learning.floors >= BATCH else learning


def _moved(learning: Learning) -> Learning:
    """The level after a batch of outcomes."""
    allowed = 1 - learning.start
    share = learning.short / learning.floors
    chance = sqrt(allowed * (1 - allowed) * CORRELATED / learning.floors)
    excess = (share - allowed) / chance
    counted = (
        f"{learning.short} of {learning.floors} floors were short, {_percent(allowed)} are meant"
    )
    done = replace(learning, floors=0, short=0)
    if abs(excess) < NOTABLE:
        return replace(done, why=f"{_percent(done.level)} kept: {counted}")
    step = STEP * min(max(excess / 3, -1.0), 1.0)
    odds = log(learning.level / (1 - learning.level)) + step
    level = min(max(1 / (1 + exp(-odds)), LEAST_LEVEL), MOST_LEVEL)
    direction = "raised" if level > learning.level else "lowered"
    if level == learning.level:
        direction = "kept at its bound"
    return replace(done, level=level, why=f"{_percent(level)}, {direction}: {counted}")


def _percent(level: float) -> str:
    return f"{100 * level:.3g} %"
