"""What has changed for a workload, worth telling whoever looks at it: pure values in and out.

A state is told when it begins and when it ends, not at each tick; a floor at each change.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from scaler.core.decision import Decision
from scaler.core.forecast import Absence, Forecast, Why
from scaler.records import Hold, Replicas

__all__ = ["Item", "Situation", "news"]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One piece of news: a word that can be searched for, and a sentence."""

    reason: str
    note: str
    is_warning: bool = False


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What may be news about a workload.

    Attributes:
        floor: the replicas that are held, 0 for none.
        because: the sentence of the decision.
        without: why there is no forecast, ``None`` with one; ``sentence`` says it.
        rollout: the rollout that is in progress.
        is_at_maximum: more replicas are wished for than there may be.
    """

    floor: int
    because: str
    without: Why | None
    sentence: str
    rollout: str | None
    is_at_maximum: bool

    @classmethod
    def of(
        cls,
        decision: Decision,
        said: Forecast | Absence,
        *,
        scale: Replicas | None,
        hold: Hold | None,
    ) -> "Situation":
        clamp = decision.clamp or ""
        return cls(
            floor=hold.replicas if hold else 0,
            because=decision.reason,
            without=said.why if isinstance(said, Absence) else None,
            sentence=said.sentence if isinstance(said, Absence) else "",
            rollout=scale.rollout if scale else None,
            is_at_maximum=clamp.startswith("maximum"),
        )


def news(before: Situation | None, after: Situation) -> Iterator[Item]:
    """What is new; ``before`` is ``None`` at the first tick, when only what is wrong is news."""
    yield from _floor(before.floor if before else 0, after)
    yield from _forecast(before, after)
    rollout = before.rollout if before else None
    if after.rollout and not rollout:
        note = f"Nothing is scaled in: {after.rollout}."
        yield Item(reason="RolloutHoldsScaleIn", note=note)
    elif rollout and not after.rollout:
        yield Item(reason="RolloutOver", note="The rollout is over: replicas are scaled in again.")
    if after.is_at_maximum and not (before and before.is_at_maximum):
        yield Item(reason="AtMaximum", note=after.because, is_warning=True)


def _floor(before: int, after: Situation) -> Iterator[Item]:
    if after.floor > before:
        note = f"At least {after.floor} replicas instead of {before}. {after.because}"
        yield Item(reason="FloorRaised", note=note)
    elif after.floor < before:
        least = f"At least {after.floor} replicas" if after.floor else "No least count"
        yield Item(reason="FloorLowered", note=f"{least} instead of {before}. {after.because}")


def _forecast(before: Situation | None, after: Situation) -> Iterator[Item]:
    last = before.without if before else None
    if after.without is last:
        return
    if after.without is None:
        note = "There is a forecast again: it may raise the replicas."
        yield Item(reason="ForecastBack", note=note)
    else:
        yield Item(
            reason="NoMetrics" if after.without is Why.NO_METRICS else "NoForecast",
            note=f"Scaled by what is measured alone: {after.sentence}.",
            is_warning=after.without is Why.NO_METRICS,
        )
