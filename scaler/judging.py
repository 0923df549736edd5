"""Judges the decisions of a book once their horizon has passed, and lets the book learn from it.

One decision a step is judged, and each that changed the count: those in between see the same load
and ask for the same.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

import numpy as np

from scaler.core.decision import Decision, Policy
from scaler.core.feedback import Learning, learnt
from scaler.core.judgement import Judgement, Outcome, Prices, Taken, judged
from scaler.core.series import Series, step_at
from scaler.core.sizing import EPSILON

__all__ = ["Ledger", "Strain"]

MOST_JUDGED = 500
# A load that is not known by then was never seen.
PATIENCE_STEPS = 5


@dataclass(frozen=True, kw_only=True)
class Strain:
    """The newest steps at which the workload's objective was measured, and missed; -1 for never."""

    measured: int = -1
    missed: int = -1

    def at(self, step: int, *, is_missed: bool) -> "Strain":
        """With one more measurement."""
        return Strain(measured=step, missed=step if is_missed else self.missed)

    def since(self, step: int) -> bool | None:
        """Whether the objective was missed since a step; ``None`` where nobody measured it."""
        return None if self.measured < step else self.missed >= step


NEVER = Strain()


@dataclass(frozen=True, kw_only=True)
class _Pending:
    """A decision that waits for its outcome; ``teaches`` is not the second of its step."""

    taken: Taken
    due: datetime
    teaches: bool


@dataclass(kw_only=True, eq=False)
class Ledger:
    """Decisions of one workload that wait to be judged, and what was learnt from the others.

    It belongs to the loop, as the book that it is part of.

    Attributes:
        learning: what judged decisions taught.
        judged: the newest judgements, oldest first.
    """

    learning: Learning
    judged: deque[Judgement] = field(default_factory=lambda: deque(maxlen=MOST_JUDGED))
    waiting: deque[_Pending] = field(default_factory=deque)

    @property
    def untaught(self) -> tuple[Taken, ...]:
        """Decisions that wait and will teach: those that a restart must not forget."""
        return tuple(pending.taken for pending in self.waiting if pending.teaches)

    def took(self, decision: Decision, policy: Policy, *, step_ms: int) -> None:
        """Remember a decision until it can be judged."""
        last = self.waiting[-1].taken if self.waiting else None
        is_first = last is None or _step(last.at, step_ms) != _step(decision.at, step_ms)
        if not is_first and not decision.changes:
            return
        if decision.forecast is None:
            floor = None
        else:  # before its cap: a quantile cannot help that
            share = min(decision.forecast / policy.capacity, policy.maximum + 1.0)
            floor = max(ceil(share - EPSILON), 0)
        held = (c.after for c in decision.clamps if c.holds and c.after is not None)
        least = max(decision.reactive or 0, decision.alone or 0, policy.minimum, *held)
        taken = Taken(
            at=decision.at,
            before=decision.from_replicas,
            replicas=decision.to_replicas,
            least=min(least, decision.to_replicas),
            most=policy.maximum,
            floor=floor,
            upper=decision.forecast,
        )
        self.restored((taken,), horizon_s=policy.horizon_s, teaches=is_first)

    def restored(self, taken: tuple[Taken, ...], *, horizon_s: float, teaches: bool = True) -> None:
        """Let decisions wait, also those of before a restart."""
        for one in taken:
            due = one.at + timedelta(seconds=horizon_s)
            self.waiting.append(_Pending(taken=one, due=due, teaches=teaches))

    def judge(
        self,
        now: datetime,
        *,
        load: Series,
        ready: Series,
        policy: Policy,
        lead_s: float,
        strain: Strain = NEVER,
    ) -> Iterator[Judgement]:
        """Judge what is due, and learn from it.

        Args:
            load, ready: by step, what was seen.
            lead_s: from asking for a replica until it is ready.
            strain: when the objective was measured, and missed.
        """
        while self.waiting:
            pending = self.waiting[0]
            last = _step(pending.due, load.step_ms)
            patience = timedelta(milliseconds=PATIENCE_STEPS * load.step_ms)
            is_known = load.last >= last and np.isfinite(load.at(last))
            # A clock that jumped back leaves decisions of a time that has yet to come.
            is_lost = now > pending.due + patience or now < pending.taken.at - patience
            if not (is_known and now >= pending.due) and not is_lost:
                return
            self.waiting.popleft()
            outcome = _outcome(pending, load, ready, policy=policy, lead_s=lead_s, strain=strain)
            prices = Prices.of_level(self.learning.start)
            judgement = judged(pending.taken, outcome, prices)
            if judgement is not None:
                self.judged.append(judgement)
                if pending.teaches:
                    self.learning = learnt(self.learning, judgement)
                yield judgement


def _outcome(
    pending: _Pending,
    load: Series,
    ready: Series,
    *,
    policy: Policy,
    lead_s: float,
    strain: Strain,
) -> Outcome:
    """What came from the decision to its horizon; no lead time is longer than that."""
    at = pending.taken.at
    first, last = _step(at, load.step_ms), _step(pending.due, load.step_ms)
    lead_at = (at.timestamp() + lead_s) * 1000 / load.step_ms
    steps = range(first, last + 1)
    lead = min(max(ceil(lead_at) - first, 0), len(steps) - 1)
    return Outcome(
        load=np.array([load.at(step) for step in steps]),
        ready=np.array([ready.at(step) for step in steps]),
        lead=lead,
        capacity=policy.capacity,
        step_s=load.step_s,
        is_strained=strain.since(first + lead),
    )


def _step(at: datetime, step_ms: int) -> int:
    return step_at(at.timestamp(), step_ms=step_ms)
