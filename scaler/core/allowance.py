"""What a floor may cost, and when it may leave the reactive path behind.

Both are accounts that are kept against ``Alone``, the reactive path as it would be by now without
us, tick by tick:

- **replica-hours**. The path alone earns the floor half of its own replica-hours (with an excess of
  1.5); what is not needed now is saved up. So what floors ask for stays within the excess whatever
  is forecast (what the formula then keeps of it by its tolerance is the formula's, never undercut),
  and a load that multiplies within minutes can still be met, which a cap on every single count
  forbids: even a perfect forecast could then go no faster than 1.5 times per start-up. Only what
  the path alone would have ready earns, and of what is asked for and what is ready the dearer
  counts.
- **service**. A floor changes which replicas are there, and by its tolerance the reactive formula
  may then ask for less than the path alone would have. This is allowed only out of credit: time in
  which the path alone would have starved the load and we did not. Without credit we are never below
  that path. So our starved time is never longer than its own, by construction.
"""

from dataclasses import dataclass
from datetime import date, datetime

from scaler.core.policy import Policy

__all__ = ["Account", "most", "settled"]

HOUR_S = 3_600.0
# A longer silence between two decisions neither earns nor costs more.
MOST_S = 120.0
# Credit is kept for so many start-ups: a long good spell must not pay for as long a bad one.
CREDIT_STARTUPS = 5.0
# Less than this share of what can be saved is left to forecasts that are new.
KEPT_BACK = 1 / 3
EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class Account:
    """What was earned and spent up to a decision.

    Attributes:
        at: of the decision, seconds since the epoch.
        asked: replicas that it asked for.
        added: of these, what the floor added to the reactive count.
        alone: replicas that the reactive path alone asked for then.
        saved: replica-seconds that the floor may cost above the excess of a single count; below 0
            what it owes.
        credit: seconds that the path alone has starved the load and we have not, less the reverse.
        spent: replica-seconds that the floor has added this day.
    """

    at: float
    asked: int
    added: int
    alone: int
    saved: float = 0.0
    credit: float = 0.0
    spent: float = 0.0

    @classmethod
    def begun(cls, policy: Policy, *, at: float, current: int, alone: int) -> "Account":
        """Counts are whole: half a replica for a horizon is there to round with."""
        return cls(at, current, 0, alone, 0.5 * policy.horizon_s)

    def after(self, *, asked: int, added: int, alone: int) -> "Account":
        """With what a decision asked for."""
        return Account(self.at, asked, added, alone, self.saved, self.credit, self.spent)

    def has_credit(self, policy: Policy, *, since_s: float) -> bool:
        """Whether it lasts until the replicas of the path alone are ready again, if need be."""
        return self.credit >= policy.startup_s + 2 * since_s

    def can_hold(self, policy: Policy) -> bool:
        """Whether enough is saved to keep up what was asked for of late: where a load is noise, as
        at night, that would spend all that the next true peak needs."""
        return self.saved >= KEPT_BACK * _most_saved(policy, self.alone)

    def is_spent(self, policy: Policy) -> bool:
        return policy.budget is not None and self.spent >= policy.budget * HOUR_S


def since_s(account: Account, at: float) -> float:
    """Seconds since the last decision; 0 after a clock that jumped back."""
    return min(max(at - account.at, 0.0), MOST_S)


def settled(
    account: Account, policy: Policy, *, at: float, ready: int, found: int, load: float | None
) -> Account:
    """The account at the next decision.

    Args:
        at: seconds since the epoch.
        ready: replicas that take load.
        found: those that would with the path alone.
        load: ``None`` without metrics: nobody knows who starves.
    """
    passed = since_s(account, at)
    ratio = policy.excess - 1
    cost = max(account.asked - account.alone, ready - found)
    saved = account.saved + (ratio * found - cost) * passed
    credit = account.credit
    if load is not None:
        starved, would_be = load > ready * policy.capacity, load > found * policy.capacity
        credit += passed * (int(would_be) - int(starved))
    most_saved = _most_saved(policy, account.alone)
    most_credit = CREDIT_STARTUPS * (policy.startup_s + 2 * passed)
    spent = account.spent if _day(at, policy) == _day(account.at, policy) else 0.0
    return Account(
        at,
        account.asked,
        account.added,
        account.alone,
        min(max(saved, -most_saved), most_saved),
        min(max(credit, -most_credit), most_credit),
        spent + account.added * passed,
    )


def _most_saved(policy: Policy, alone: int) -> float:
    """Replica-seconds that can be saved, or owed, where the path alone asks for so many.

    What the formula keeps of a floor by its tolerance, for hours or days, is owed although nobody
    may take it away; without a bound no floor would be left for as long afterwards.
    """
    return (policy.excess - 1) * alone * policy.excess_window_s


def _day(at: float, policy: Policy) -> date:
    return datetime.fromtimestamp(at, policy.zone).date()


def most(alone: int, account: Account, policy: Policy, *, passed: float) -> int:
    """Replicas that a floor may ask for now.

    What is saved has to pay for a further replica until the horizon, since one that is gone again
    before it is ready is money spent on nothing. One that is there stays while anything is left.

    Args:
        alone: replicas that the reactive path alone asks for.
        passed: seconds from one decision to the next.
    """
    earned = (policy.excess - 1) * alone + EPSILON
    cap = alone + max(0, int(earned + account.saved / policy.horizon_s))
    if account.asked > cap and passed > 0:
        kept = alone + max(0, int(earned + account.saved / passed))
        return max(cap, min(account.asked, kept))
    return cap
